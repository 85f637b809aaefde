#pragma once

#include <cstdint>

#include "base/tls_mode.h"

namespace starlock::protocol {

/// The window in which a client whose leg is `opportunistic` may still upgrade. It closes for good when a command
/// crosses that may need the protection of TLS. No other code decides whether STARTTLS is granted.
class UpgradeWindow {
 public:
  /// `client`: the mode of the client leg.
  explicit UpgradeWindow(TlsMode client) : client_(client) {}

  /// The client may upgrade now: capabilities must list STARTTLS. `in_tls`: the client leg is inside TLS.
  bool open(bool in_tls) const { return client_ == TlsMode::kOpportunistic && !in_tls && !closed_; }
  /// A command has crossed that is not known to be harmless.
  void Close() { closed_ = true; }

  /// The reason for which STARTTLS is refused.
  enum class Refusal : uint8_t {
    kNone,     ///< STARTTLS is granted
    kActive,   ///< the client leg already has TLS
    kOff,      ///< the client leg is configured without TLS
    kTooLate,  ///< the window is closed
  };
  Refusal Judge(bool in_tls) const;

 private:
  const TlsMode client_;
  bool closed_ = false;
};

}  // namespace starlock::protocol
