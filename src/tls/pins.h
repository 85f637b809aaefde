#pragma once

#include <openssl/base.h>
#include <openssl/x509.h>

#include <set>
#include <vector>

#include "base/spki_pin.h"

namespace starlock::tls {

/// Pinned public keys, one of which must be in a server's chain.
class PinSet {
 public:
  explicit PinSet(const std::vector<SpkiPin>& pins) : pins_(pins.begin(), pins.end()) {}

  bool empty() const { return pins_.empty(); }
  /// Whether a certificate of the verified chain matches a pin.
  bool MatchesVerified(const STACK_OF(X509) * chain) const;
  /// The same for the unverified chain that the server sent. A server can send any certificate, so one counts only if
  /// every certificate before it is signed by the next one. The handshake proves possession of the first one's key.
  bool MatchesPresented(const STACK_OF(X509) * chain) const;

 private:
  bool Matches(const X509* certificate) const;

  std::set<SpkiPin> pins_;
};

}  // namespace starlock::tls
