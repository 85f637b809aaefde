#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "tls/context.h"
#include "tls/peer_info.h"
#include "tls/pins.h"

namespace starlock::tls {

/// The result of verifying one connection's server.
struct VerifyOutcome {
  PeerInfo::Verification state = PeerInfo::Verification::kNotDone;
  std::string reason;
};

/// Verifies servers' certificate chains as the settings say.
class Verifier {
 public:
  static Result<std::unique_ptr<Verifier>> Create(const ClientSettings& settings);

  /// Whether anything is checked at all.
  bool checks() const { return verify_ != Verify::kNone || !pins_.empty(); }
  /// Whether a completed handshake proves that verification passed, so that its session may be resumed without it.
  bool vouches() const { return enforce_; }
  /// Called during the handshake, once the server's certificates have arrived. Sets `alert` if it refuses them.
  ssl_verify_result_t Check(const SSL* ssl, VerifyOutcome& outcome, uint8_t* alert) const;

 private:
  /// Why a chain is refused.
  struct Refusal {
    int alert = 0;
    std::string reason;
  };

  explicit Verifier(const ClientSettings& settings);
  /// nullopt: the chain passed. The reason is not what decides, so that an empty one cannot let a chain pass.
  std::optional<Refusal> CheckChain(STACK_OF(X509) * chain) const;
  bool Prepare(X509_STORE_CTX* check, STACK_OF(X509) * chain) const;

  const Verify verify_;
  const bool enforce_;
  const std::string name_;  ///< DNS name or address literal
  const PinSet pins_;
  std::shared_ptr<const TrustStore> trust_;
};

}  // namespace starlock::tls
