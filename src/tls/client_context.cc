#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "base/host_port.h"
#include "base/text.h"
#include "tls/client_context_impl.h"
#include "tls/common_context.h"
#include "tls/names.h"
#include "tls/openssl_errors.h"

namespace starlock::tls {
namespace {

using Impl = ClientContext::Impl;

// BoringSSL's defaults without SHA-1, plus Ed25519 and P-521.
constexpr uint16_t kSignatures[] = {
    SSL_SIGN_ECDSA_SECP256R1_SHA256, SSL_SIGN_ED25519,
    SSL_SIGN_RSA_PSS_RSAE_SHA256,    SSL_SIGN_RSA_PKCS1_SHA256,
    SSL_SIGN_ECDSA_SECP384R1_SHA384, SSL_SIGN_RSA_PSS_RSAE_SHA384,
    SSL_SIGN_RSA_PKCS1_SHA384,       SSL_SIGN_ECDSA_SECP521R1_SHA512,
    SSL_SIGN_RSA_PSS_RSAE_SHA512,    SSL_SIGN_RSA_PKCS1_SHA512,
};

int OutcomeIndex() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

int FamilyIndex() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

Impl& ImplOf(const SSL* ssl) { return *static_cast<Impl*>(OwnerOf(ssl)); }

ssl_verify_result_t OnVerify(SSL* ssl, uint8_t* alert) {
  auto* outcome = static_cast<VerifyOutcome*>(SSL_get_ex_data(ssl, OutcomeIndex()));
  return ImplOf(ssl).verifier->Check(ssl, *outcome, alert);
}

// BoringSSL calls this only after a successful handshake, so a stored session has passed the verification of these
// settings. A family's sessions are used only within the family: its first handshake was verified.
int OnNewSession(SSL* ssl, SSL_SESSION* session) {
  if (auto* family = static_cast<SessionFamily*>(SSL_get_ex_data(ssl, FamilyIndex()))) {
    family->impl().sessions.Add(bssl::UniquePtr<SSL_SESSION>(session));
    return 1;
  }
  if (!ImplOf(ssl).verifier->vouches()) return 0;
  ImplOf(ssl).sessions.Add(bssl::UniquePtr<SSL_SESSION>(session));
  return 1;  // takes the reference
}

Error SetAlpn(SSL_CTX* context, const ClientSettings& settings) {
  const auto alpn = AlpnList(settings.alpn);
  if (!alpn.ok()) return alpn.error();
  // Unlike other functions, this one returns 0 for success.
  if (SSL_CTX_set_alpn_protos(context, alpn.value().data(), alpn.value().size()) != 0) {
    return TakeError(ErrorCode::kInvalid, "alpn");
  }
  return {};
}

Error SetServerName(Impl& impl, const ClientSettings& settings) {
  if (settings.server_name.empty() || IsAddressLiteral(settings.server_name)) return {};
  impl.sni = NormalName(settings.server_name);
  const bssl::UniquePtr<SSL> trial(SSL_new(impl.context.get()));
  if (!trial || SSL_set_tlsext_host_name(trial.get(), impl.sni.c_str()) != 1) {
    return TakeError(ErrorCode::kInvalid,
                     fmt::format("server_name {} cannot be sent as SNI", InQuotes(settings.server_name)));
  }
  return {};
}

}  // namespace

bssl::UniquePtr<SSL> ClientContext::Impl::NewSsl(VerifyOutcome* outcome, SessionFamily* family) {
  bssl::UniquePtr<SSL> ssl(SSL_new(context.get()));
  if (!ssl || SSL_set_ex_data(ssl.get(), OutcomeIndex(), outcome) != 1) std::abort();
  if (SSL_set_ex_data(ssl.get(), FamilyIndex(), family) != 1) std::abort();
  if (!sni.empty() && SSL_set_tlsext_host_name(ssl.get(), sni.c_str()) != 1) std::abort();
  const auto session = family != nullptr ? family->impl().sessions.TakeAllButLast() : sessions.Take();
  if (session) SSL_set_session(ssl.get(), session.get());
  SSL_set_connect_state(ssl.get());
  return ssl;
}

ClientContext::ClientContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ClientContext::~ClientContext() = default;

Result<std::unique_ptr<ClientContext>> ClientContext::Create(const ClientSettings& settings) {
  auto context = MakeContext(settings.tls);
  if (!context.ok()) return context.error();
  auto verifier = Verifier::Create(settings);
  if (!verifier.ok()) return verifier.error();

  auto impl = std::make_unique<Impl>();
  impl->certificates.reset(CRYPTO_BUFFER_POOL_new());
  impl->context = std::move(*context);
  impl->verifier = std::move(*verifier);
  SSL_CTX* ctx = impl->context.get();
  SetOwner(ctx, impl.get());
  SSL_CTX_set0_buffer_pool(ctx, impl->certificates.get());
  SSL_CTX_set_custom_verify(ctx, SSL_VERIFY_PEER, &OnVerify);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(ctx, &OnNewSession);
  if (SSL_CTX_set_verify_algorithm_prefs(ctx, std::data(kSignatures), std::size(kSignatures)) != 1) {
    return TakeError(ErrorCode::kSystem, "signature algorithms");
  }
  impl->alpn_required = settings.alpn_required && !settings.alpn.empty();
  if (Error error = SetAlpn(ctx, settings)) return error;
  if (Error error = SetServerName(*impl, settings)) return error;
  return std::unique_ptr<ClientContext>(new ClientContext(std::move(impl)));
}

}  // namespace starlock::tls
