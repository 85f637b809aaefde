#pragma once

#include <openssl/base.h>
#include <openssl/x509.h>

#include <set>
#include <string>
#include <vector>

#include "base/result.h"

namespace starlock::tls {

/// Public keys, one of which a server's chain must hold.
class PinSet {
 public:
  /// `sha256/` and the base64 of 32 bytes each; kInvalid quotes the one that is not.
  static Result<PinSet> Parse(const std::vector<std::string>& pins);

  bool empty() const { return pins_.empty(); }
  /// Whether a certificate of a chain that was verified is among them.
  bool MatchesVerified(const STACK_OF(X509) * chain) const;
  /// The same of a chain as the server sent it, unverified. Anyone can send along a certificate that is not his, so a
  /// certificate counts only where each before it was signed by the next; the first is proven by the handshake.
  bool MatchesPresented(const STACK_OF(X509) * chain) const;

 private:
  bool Matches(const X509* certificate) const;

  std::set<std::string> pins_;
};

}  // namespace starlock::tls
