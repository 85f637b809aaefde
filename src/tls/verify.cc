#include "tls/verify.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include <utility>

#include "base/host_port.h"
#include "tls/names.h"
#include "tls/openssl_errors.h"
#include "tls/trust_store_impl.h"

namespace starlock::tls {
namespace {

bssl::UniquePtr<STACK_OF(X509)> Parse(const STACK_OF(CRYPTO_BUFFER) * buffers) {
  bssl::UniquePtr<STACK_OF(X509)> chain(sk_X509_new_null());
  if (!chain || buffers == nullptr) return nullptr;
  for (const CRYPTO_BUFFER* buffer : buffers) {
    bssl::UniquePtr<X509> certificate(X509_parse_from_buffer(buffer));
    if (!certificate || !bssl::PushToStack(chain.get(), std::move(certificate))) return nullptr;
  }
  return sk_X509_num(chain.get()) == 0 ? nullptr : std::move(chain);
}

}  // namespace

Verifier::Verifier(const ClientSettings& settings)
    : verify_(settings.verify),
      enforce_(settings.enforce),
      name_(settings.server_name),
      pins_(settings.pins),
      trust_(settings.trust) {}

Result<std::unique_ptr<Verifier>> Verifier::Create(const ClientSettings& settings) {
  if (settings.verify == Verify::kFull && settings.server_name.empty()) {
    return Error{ErrorCode::kInvalid, "verify: full needs a server_name"};
  }
  std::unique_ptr<Verifier> verifier(new Verifier(settings));
  if (verifier->verify_ != Verify::kNone && verifier->trust_ == nullptr) {
    auto trust = TrustStore::Load(settings.ca_file);
    if (!trust.ok()) return trust.error();
    verifier->trust_ = *trust;
  }
  return verifier;
}

ssl_verify_result_t Verifier::Check(const SSL* ssl, VerifyOutcome& outcome, uint8_t* alert) const {
  if (!checks()) return ssl_verify_ok;
  const bssl::UniquePtr<STACK_OF(X509)> chain = Parse(SSL_get0_peer_certificates(ssl));
  std::optional<Refusal> refusal =
      chain ? CheckChain(chain.get())
            : Refusal{SSL_AD_BAD_CERTIFICATE, fmt::format("the server's certificate cannot be read: {}", TakeErrors())};
  ERR_clear_error();
  if (!refusal) {
    outcome = {PeerInfo::Verification::kPassed, {}};
    return ssl_verify_ok;
  }
  outcome = {PeerInfo::Verification::kFailed, std::move(refusal->reason)};
  if (!enforce_) return ssl_verify_ok;
  *alert = static_cast<uint8_t>(refusal->alert);
  return ssl_verify_invalid;
}

std::optional<Verifier::Refusal> Verifier::CheckChain(STACK_OF(X509) * chain) const {
  Refusal no_pin = {SSL_alert_from_verify_result(X509_V_ERR_CERT_REJECTED), "no pinned key in the server's chain"};
  if (verify_ == Verify::kNone) {
    if (pins_.MatchesPresented(chain)) return std::nullopt;
    return no_pin;
  }
  bssl::UniquePtr<X509_STORE_CTX> check(X509_STORE_CTX_new());
  if (!check || !Prepare(check.get(), chain)) {
    return Refusal{SSL_alert_from_verify_result(X509_V_ERR_UNSPECIFIED), "verification could not be started"};
  }
  if (X509_verify_cert(check.get()) != 1) {
    const int error = X509_STORE_CTX_get_error(check.get());
    const bool mismatch = error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH;
    return Refusal{
        SSL_alert_from_verify_result(error == X509_V_OK ? X509_V_ERR_UNSPECIFIED : error),
        mismatch ? fmt::format("the certificate is not for {}", name_) : X509_verify_cert_error_string(error)};
  }
  if (pins_.empty() || pins_.MatchesVerified(X509_STORE_CTX_get0_chain(check.get()))) return std::nullopt;
  return no_pin;
}

bool Verifier::Prepare(X509_STORE_CTX* check, STACK_OF(X509) * chain) const {
  if (X509_STORE_CTX_init(check, trust_->impl().store.get(), sk_X509_value(chain, 0), chain) != 1 ||
      X509_STORE_CTX_set_default(check, "ssl_server") != 1) {
    return false;
  }
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(check);
  // Every certificate in the operator's file is trusted: a root, an intermediate or the server's own.
  X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
  if (verify_ != Verify::kFull) return true;
  if (IsAddressLiteral(name_)) return X509_VERIFY_PARAM_set1_ip_asc(param, name_.c_str()) == 1;
  X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  const std::string host = NormalName(name_);
  return X509_VERIFY_PARAM_set1_host(param, host.data(), host.size()) == 1;
}

}  // namespace starlock::tls
