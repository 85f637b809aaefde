#include "driver/tls.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "driver/loop.h"

namespace starlock::bench {
namespace {

void Restrict(SSL_CTX* context, const TlsOptions& options) {
  const bool old = options.version == "1.2";
  const uint16_t version = old ? TLS1_2_VERSION : TLS1_3_VERSION;
  const char* group = options.group == "x25519" ? "X25519" : options.group == "p256" ? "P-256" : "X25519MLKEM768";
  // TLS 1.2 uses one list for key exchange and for the certificate's curve, which is P-256.
  if (options.group == "any" || (old && options.group == "x25519")) group = "X25519:P-256";
  uint16_t cipher = SSL_CIPHER_AES_128_GCM_SHA256;
  const char* old_cipher = "ECDHE-ECDSA-AES128-GCM-SHA256";
  if (options.cipher == "aes256") {
    cipher = SSL_CIPHER_AES_256_GCM_SHA384;
    old_cipher = "ECDHE-ECDSA-AES256-GCM-SHA384";
  } else if (options.cipher == "chacha") {
    cipher = SSL_CIPHER_CHACHA20_POLY1305_SHA256;
    old_cipher = "ECDHE-ECDSA-CHACHA20-POLY1305";
  }
  if (SSL_CTX_set_min_proto_version(context, version) != 1 || SSL_CTX_set_max_proto_version(context, version) != 1 ||
      SSL_CTX_set1_groups_list(context, group) != 1 || SSL_CTX_set1_tls13_ciphers(context, &cipher, nullptr, 1) != 1 ||
      SSL_CTX_set_strict_cipher_list(context, old_cipher) != 1) {
    Fail("TLS options");
  }
  // A repeated SSL_write may pass the same bytes at another address.
  SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

}  // namespace

TlsOptions TlsOptions::Parse(std::string_view text) {
  TlsOptions options;
  while (!text.empty()) {
    const std::string word(text.substr(0, text.find(',')));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (word == "1.2" || word == "1.3") {
      options.version = word;
    } else if (word == "aes128" || word == "aes256" || word == "chacha") {
      options.cipher = word;
    } else if (word == "x25519" || word == "p256" || word == "any" || word == "x25519mlkem768") {
      options.group = word;
    } else if (word == "tickets") {
      options.tickets = true;
    } else {
      Fail(fmt::format("unknown TLS option {}", word));
    }
  }
  return options;
}

bssl::UniquePtr<SSL_CTX> MakeClientContext(const TlsOptions& options) {
  bssl::UniquePtr<SSL_CTX> context(SSL_CTX_new(TLS_method()));
  Restrict(context.get(), options);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  return context;
}

bssl::UniquePtr<SSL_CTX> MakeServerContext(const TlsOptions& options, const std::string& chain,
                                           const std::string& key) {
  bssl::UniquePtr<SSL_CTX> context(SSL_CTX_new(TLS_method()));
  Restrict(context.get(), options);
  if (SSL_CTX_use_certificate_chain_file(context.get(), chain.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1) {
    Fail("cannot load the backend's certificate");
  }
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  const std::array<uint8_t, 5> id = {'b', 'e', 'n', 'c', 'h'};
  SSL_CTX_set_session_id_context(context.get(), id.data(), id.size());
  if (!options.tickets) SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET);
  return context;
}

std::string Agreed(const SSL* ssl) {
  const char* group = SSL_get_group_name(SSL_get_group_id(ssl));
  return fmt::format("{}/{}/{}", SSL_get_version(ssl), SSL_CIPHER_standard_name(SSL_get_current_cipher(ssl)),
                     group != nullptr ? group : "-");
}

}  // namespace starlock::bench
