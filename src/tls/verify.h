#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "base/result.h"
#include "tls/context.h"
#include "tls/peer_info.h"
#include "tls/pins.h"

namespace starlock::tls {

/// What verification made of one connection's server.
struct VerifyOutcome {
  PeerInfo::Verification state = PeerInfo::Verification::kNotDone;
  std::string reason;
};

/// Checks a server's chain as the settings want it.
class Verifier {
 public:
  static Result<std::unique_ptr<Verifier>> Create(const ClientSettings& settings);

  /// Whether anything is checked at all.
  bool checks() const { return verify_ != Verify::kNone || !pins_.empty(); }
  /// Whether a session may be resumed later, which is taken for a passed check then.
  bool vouches() const { return enforce_; }
  /// Called in mid-handshake, when the server's certificates are there. Names the alert where it refuses them.
  ssl_verify_result_t Check(const SSL* ssl, VerifyOutcome& outcome, uint8_t* alert) const;

 private:
  Verifier(const ClientSettings& settings, PinSet pins);
  long CheckChain(STACK_OF(X509) * chain, std::string& reason) const;
  bool Prepare(X509_STORE_CTX* check, STACK_OF(X509) * chain) const;

  const Verify verify_;
  const bool enforce_;
  const std::string name_;  ///< DNS name or address literal
  const PinSet pins_;
  std::shared_ptr<const TrustStore> trust_;
};

}  // namespace starlock::tls
