#pragma once

#include <cstdint>

#include "base/tls_mode.h"

namespace starlock::protocol {

/// The time in which a client whose leg is `opportunistic` may still upgrade. It ends for good when something crosses
/// that TLS would have had to protect. (Invariant W: the one place that decides whether STARTTLS is granted.)
class UpgradeWindow {
 public:
  /// `client`: the mode of the client's leg.
  explicit UpgradeWindow(TlsMode client) : client_(client) {}

  /// The client may upgrade now: show it the offer. `in_tls`: it has upgraded already.
  bool open(bool in_tls) const { return client_ == TlsMode::kOpportunistic && !in_tls && !closed_; }
  /// Something that is not known to be harmless has crossed.
  void Close() { closed_ = true; }

  /// Why STARTTLS is not granted.
  enum class Refusal : uint8_t {
    kNone,     ///< it is granted
    kActive,   ///< the client's leg has TLS already
    kOff,      ///< the client's leg is to have none
    kTooLate,  ///< something has crossed that TLS would have had to protect
  };
  Refusal Judge(bool in_tls) const;

 private:
  const TlsMode client_;
  bool closed_ = false;
};

}  // namespace starlock::protocol
