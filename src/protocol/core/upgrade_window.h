#pragma once

#include <cstdint>

#include "base/tls_mode.h"

namespace starlock::protocol {

/// The window in which a client whose leg is `opportunistic` may still upgrade. No other code decides whether STARTTLS
/// is granted.
///
/// What a client says in plaintext may come from an attacker, and a server may read it differently from us: it may see
/// a command where we see an argument or a literal. So the window stays open only while all that has crossed is known
/// to be read alike by every server, and was answered exactly once. After the upgrade, a plaintext server must be
/// silent until the client has spoken: what it says before that answers somebody else.
class UpgradeWindow {
 public:
  /// `client`: the mode of the client leg.
  explicit UpgradeWindow(TlsMode client) : client_(client) {}

  /// The client may upgrade now: capabilities must list STARTTLS. `in_tls`: the client leg is inside TLS.
  bool open(bool in_tls) const { return client_ == TlsMode::kOpportunistic && !in_tls && !closed_; }
  /// Closes the window for good: a command has crossed that is not known to be harmless, or the server has sent
  /// something that answers no question.
  void Close() { closed_ = true; }

  /// The client was granted the upgrade, and the server leg is plaintext: the server must be silent from now on.
  void Silence() { silent_ = true; }
  /// The client has spoken inside TLS: the server may answer.
  void BreakSilence() { silent_ = false; }
  bool silent() const { return silent_; }

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
  bool silent_ = false;
};

}  // namespace starlock::protocol
