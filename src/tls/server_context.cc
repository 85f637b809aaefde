#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/mem.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

#include "tls/common_context.h"
#include "tls/identity_impl.h"
#include "tls/names.h"
#include "tls/openssl_errors.h"
#include "tls/server_context_impl.h"

namespace starlock::tls {
namespace {

using Impl = ServerContext::Impl;

Impl& ImplOf(const SSL* ssl) { return *static_cast<Impl*>(OwnerOf(ssl)); }

bool OffersAlpn(const SSL_CLIENT_HELLO* hello) {
  const uint8_t* data = nullptr;
  size_t size = 0;
  return SSL_early_callback_ctx_extension_get(hello, TLSEXT_TYPE_application_layer_protocol_negotiation, &data,
                                              &size) == 1;
}

ssl_select_cert_result_t OnClientHello(const SSL_CLIENT_HELLO* hello) {
  Impl& impl = ImplOf(hello->ssl);
  if (impl.alpn_required && !OffersAlpn(hello)) {
    SSL_send_fatal_alert(hello->ssl, SSL_AD_NO_APPLICATION_PROTOCOL);
    OPENSSL_PUT_ERROR(SSL, SSL_R_NO_APPLICATION_PROTOCOL);
    return ssl_select_cert_error;
  }
  const char* name = SSL_get_servername(hello->ssl, TLSEXT_NAMETYPE_host_name);
  for (const Identity* identity : impl.certificates.For(name != nullptr ? name : "")) {
    if (SSL_add1_credential(hello->ssl, identity->impl().credential.get()) != 1) return ssl_select_cert_error;
  }
  return ssl_select_cert_success;
}

int OnAlpn(SSL* /*ssl*/, const uint8_t** out, uint8_t* out_size, const uint8_t* offered, unsigned offered_size,
           void* argument) {
  const auto& ours = static_cast<const Impl*>(argument)->alpn;
  uint8_t* chosen = nullptr;
  // Our order of preference has priority over the client's.
  if (SSL_select_next_proto(&chosen, out_size, ours.data(), static_cast<unsigned>(ours.size()), offered,
                            offered_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

int FamilyIndex() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

SessionFamily* FamilyOf(const SSL* ssl) { return static_cast<SessionFamily*>(SSL_get_ex_data(ssl, FamilyIndex())); }

// A family's id is part of the key, so that a ticket of any other family fails its MAC, and is ignored. The session id
// context would do the same, but that of the credential, which binds a ticket to its certificate, takes precedence.
bool SetMac(const SessionFamily* family, HMAC_CTX* mac, const TicketKeys::Key& key) {
  std::vector<uint8_t> mac_key;
  mac_key.reserve(key.hmac().size() + SessionFamily::Impl::kIdSize);  // growing would leave a copy of the key behind
  mac_key.assign(key.hmac().begin(), key.hmac().end());
  if (family != nullptr) mac_key.insert(mac_key.end(), family->impl().id.begin(), family->impl().id.end());
  const bool ok = HMAC_Init_ex(mac, mac_key.data(), mac_key.size(), EVP_sha256(), nullptr) == 1;
  OPENSSL_cleanse(mac_key.data(), mac_key.size());
  return ok;
}

// SSL_CTX_set_tlsext_ticket_key_cb: returns 1 for success, 2 to renew the ticket as well, 0 for an unknown key, -1 for
// an error.
int OnTicket(SSL* ssl, uint8_t* name, uint8_t* iv, EVP_CIPHER_CTX* cipher, HMAC_CTX* mac, int encrypt) {
  TicketKeys& keys = *ImplOf(ssl).tickets;
  if (encrypt != 0) {
    const TicketKeys::Key key = keys.current();
    std::copy(key.name().begin(), key.name().end(), name);
    RAND_bytes(iv, EVP_MAX_IV_LENGTH);
    const bool ok = EVP_EncryptInit_ex(cipher, EVP_aes_128_cbc(), nullptr, key.aes().data(), iv) == 1;
    const SessionFamily* family = FamilyOf(ssl);
    const bool stranger = family != nullptr && family->impl().settled && SSL_session_reused(ssl) != 1;
    return ok && SetMac(stranger ? nullptr : family, mac, key) ? 1 : -1;
  }
  const auto found = keys.Find({name, TicketKeys::kNameSize});
  if (!found) return 0;
  const bool ok = EVP_DecryptInit_ex(cipher, EVP_aes_128_cbc(), nullptr, found->key.aes().data(), iv) == 1;
  if (!ok || !SetMac(FamilyOf(ssl), mac, found->key)) return -1;
  return found->renew ? 2 : 1;
}

// SSL_CTX_sess_set_new_cb: a session with an id, so TLS 1.2 without tickets. Returns 1 if it takes the reference.
int OnNewSession(SSL* ssl, SSL_SESSION* session) {
  SessionFamily* family = FamilyOf(ssl);
  if (family == nullptr || family->impl().settled) return 0;
  family->impl().sessions.Add(bssl::UniquePtr<SSL_SESSION>(session));
  return 1;
}

SSL_SESSION* OnSessionId(SSL* ssl, const uint8_t* id, int size, int* copy) {
  *copy = 0;  // the caller gets a reference of its own
  const SessionFamily* family = FamilyOf(ssl);
  if (family == nullptr) return nullptr;
  return family->impl().sessions.Find({id, static_cast<size_t>(size)}).release();
}

void SetTickets(Impl& impl, bool session_ids) {
  SSL_CTX* context = impl.context.get();
  // Outside families, resumption uses tickets only.
  SSL_CTX_set_session_cache_mode(context,
                                 session_ids ? SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL : SSL_SESS_CACHE_OFF);
  if (session_ids) {
    SSL_CTX_sess_set_new_cb(context, &OnNewSession);
    SSL_CTX_sess_set_get_cb(context, &OnSessionId);
  }
  if (impl.tickets == nullptr) {
    SSL_CTX_set_options(impl.context.get(), SSL_OP_NO_TICKET);
  } else {
    SSL_CTX_set_tlsext_ticket_key_cb(impl.context.get(), &OnTicket);
  }
}

}  // namespace

ServerContext::Impl::Impl(const ServerSettings& settings)
    : identities(settings.identities),
      certificates(identities),
      tickets(settings.tickets),
      alpn_required(settings.alpn_required && !settings.alpn.empty()) {}

bssl::UniquePtr<SSL> ServerContext::Impl::NewSsl(SessionFamily* family) {
  bssl::UniquePtr<SSL> ssl(SSL_new(context.get()));
  if (!ssl) std::abort();
  if (SSL_set_ex_data(ssl.get(), FamilyIndex(), family) != 1) std::abort();
  SSL_set_accept_state(ssl.get());
  return ssl;
}

ServerContext::ServerContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ServerContext::~ServerContext() = default;

Result<std::unique_ptr<ServerContext>> ServerContext::Create(const ServerSettings& settings) {
  if (settings.identities.empty()) return Error{ErrorCode::kInvalid, "certificates: at least one is needed"};
  auto context = MakeContext(settings.tls);
  if (!context.ok()) return context.error();
  auto alpn = AlpnList(settings.alpn);
  if (!alpn.ok()) return alpn.error();

  auto impl = std::make_unique<Impl>(settings);
  impl->context = std::move(*context);
  impl->alpn = std::move(*alpn);
  SSL_CTX* ctx = impl->context.get();
  SetOwner(ctx, impl.get());
  SetTickets(*impl, settings.session_ids);
  SSL_CTX_set_select_certificate_cb(ctx, &OnClientHello);
  if (!impl->alpn.empty()) SSL_CTX_set_alpn_select_cb(ctx, &OnAlpn, impl.get());
  return std::unique_ptr<ServerContext>(new ServerContext(std::move(impl)));
}

}  // namespace starlock::tls
