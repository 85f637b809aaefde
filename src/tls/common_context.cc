#include "tls/common_context.h"

#include <fmt/format.h>
#include <openssl/pool.h>

#include <vector>

#include "tls/names.h"
#include "tls/openssl_errors.h"

namespace starlock::tls {
namespace {

// TLS 1.2: forward secrecy and an AEAD. All are secure, so the brackets leave the choice to the client's order: a
// client without AES instructions asks for ChaCha20 first. TLS 1.3's suites are not configurable in BoringSSL.
constexpr const char* kCiphers =
    "[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-ECDSA-AES256-GCM-SHA384|ECDHE-ECDSA-CHACHA20-POLY1305|"
    "ECDHE-RSA-AES128-GCM-SHA256|ECDHE-RSA-AES256-GCM-SHA384|ECDHE-RSA-CHACHA20-POLY1305]";

int OwnerIndex() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

Error SetVersions(SSL_CTX* context, const TlsSettings& settings) {
  if (settings.min_version > settings.max_version) {
    return {ErrorCode::kInvalid, fmt::format("min_version {} is above max_version {}", ToString(settings.min_version),
                                             ToString(settings.max_version))};
  }
  if (SSL_CTX_set_min_proto_version(context, WireId(settings.min_version)) != 1 ||
      SSL_CTX_set_max_proto_version(context, WireId(settings.max_version)) != 1) {
    return TakeError(ErrorCode::kInvalid, "TLS versions");
  }
  return {};
}

Error SetGroups(SSL_CTX* context, const TlsSettings& settings) {
  if (settings.groups.empty()) return {ErrorCode::kInvalid, "groups: at least one is needed"};
  std::vector<uint16_t> ids;
  for (const KeyExchangeGroup group : settings.groups) ids.push_back(WireId(group));
  if (SSL_CTX_set1_group_ids(context, ids.data(), ids.size()) != 1) {
    return TakeError(ErrorCode::kInvalid, "groups");
  }
  return {};
}

}  // namespace

Result<bssl::UniquePtr<SSL_CTX>> MakeContext(const TlsSettings& settings) {
  bssl::UniquePtr<SSL_CTX> context(SSL_CTX_new(TLS_with_buffers_method()));
  if (!context) return TakeError(ErrorCode::kSystem, "cannot create a TLS context");
  if (Error error = SetVersions(context.get(), settings)) return error;
  if (Error error = SetGroups(context.get(), settings)) return error;
  if (SSL_CTX_set_strict_cipher_list(context.get(), kCiphers) != 1) return TakeError(ErrorCode::kSystem, "ciphers");
  SSL_CTX_set_options(context.get(), SSL_OP_CIPHER_SERVER_PREFERENCE);
  return context;
}

void SetOwner(SSL_CTX* context, void* owner) {
  if (SSL_CTX_set_ex_data(context, OwnerIndex(), owner) != 1) std::abort();
}

void* OwnerOf(const SSL* ssl) { return SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), OwnerIndex()); }

}  // namespace starlock::tls
