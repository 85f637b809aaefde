#pragma once

#include <string>
#include <string_view>

#include "protocol/core/dialogue.h"

namespace starlock::protocol {

/// Reads both legs beyond their meeting points, for as long as the protocol needs it.
class Filter {
 public:
  virtual ~Filter() = default;
  /// The filter begins: Relay where there is nothing to filter after all.
  virtual Act Begin() { return Read{}; }
  /// Where the next unit ends; see Dialogue::Cut.
  virtual Frame Cut(Side side, std::string_view in, Scan& scan) = 0;
  /// One whole unit from `side`.
  virtual Act On(Side side, std::string_view unit, Out& out) = 0;
  /// What the protocol's servers say first inside TLS, unasked; most wait to be asked. Said before OnTlsUp.
  virtual std::string TlsGreeting() const { return {}; }
  /// The client has upgraded, because On said Upgrade.
  virtual Act OnTlsUp() = 0;
};

}  // namespace starlock::protocol
