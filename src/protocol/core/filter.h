#pragma once

#include <string>
#include <string_view>

#include "protocol/core/dialogue.h"

namespace starlock::protocol {

/// Reads both legs beyond their meeting points, for as long as the protocol requires it.
class Filter {
 public:
  virtual ~Filter() = default;
  /// Called once, before any unit. Relay: there is nothing to filter.
  virtual Act Begin() { return Read{}; }
  /// Finds the next unit; see Dialogue::Cut.
  virtual Frame Cut(Side side, std::string_view in, Scan& scan) = 0;
  /// Handles one whole unit from `side`.
  virtual Act On(Side side, std::string_view unit, Out& out) = 0;
  /// What a server sends first inside TLS, unasked; empty for most protocols. It is sent before OnTlsUp is called.
  virtual std::string TlsGreeting() const { return {}; }
  /// The client's upgrade, which On started, is complete.
  virtual Act OnTlsUp() = 0;
  /// The client has got whole units of the server, so a reply of ours or a goodbye may follow. False while a unit of
  /// the server passes in pieces.
  virtual bool BetweenUnits() const { return true; }
  /// See Dialogue::Established.
  virtual bool Established() const { return false; }
};

}  // namespace starlock::protocol
