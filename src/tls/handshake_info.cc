#include "tls/handshake_info.h"

#include <openssl/err.h>
#include <openssl/pool.h>
#include <openssl/x509.h>

#include "tls/x509.h"

namespace starlock::tls {

TlsInfo InfoOf(const SSL* ssl) {
  TlsInfo info;
  info.version = SSL_get_version(ssl);
  const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl);
  if (cipher != nullptr) info.cipher = SSL_CIPHER_standard_name(cipher);
  const uint16_t group_id = SSL_get_group_id(ssl);
  const char* group = group_id != 0 ? SSL_get_group_name(group_id) : nullptr;
  info.resumed = SSL_session_reused(ssl) == 1;
  // A resumed TLS 1.2 handshake uses no group, but BoringSSL reports that of the full handshake.
  const bool used_none = info.resumed && SSL_version(ssl) < TLS1_3_VERSION;
  if (group != nullptr && !used_none) info.group = group;
  const char* name = SSL_is_server(ssl) == 1 ? SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) : nullptr;
  if (name != nullptr) info.sni = name;
  const uint8_t* alpn = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl, &alpn, &size);
  if (size > 0) info.alpn.assign(reinterpret_cast<const char*>(alpn), size);
  return info;
}

PeerInfo PeerOf(const SSL* ssl, const Verifier& verifier, const VerifyOutcome& outcome) {
  PeerInfo peer;
  peer.verification = outcome.state;
  peer.reason = outcome.reason;
  if (SSL_session_reused(ssl) == 1 && verifier.checks()) peer.verification = PeerInfo::Verification::kPassed;
  const STACK_OF(CRYPTO_BUFFER)* chain = SSL_get0_peer_certificates(ssl);
  if (chain == nullptr) return peer;
  for (const CRYPTO_BUFFER* buffer : chain) {
    const bssl::UniquePtr<X509> certificate(X509_parse_from_buffer(buffer));
    if (certificate) peer.chain.push_back(Describe(certificate.get()));
  }
  ERR_clear_error();
  return peer;
}

}  // namespace starlock::tls
