#include "tls/common_context.h"

#include <openssl/pool.h>

#include "tls/names.h"
#include "tls/openssl_errors.h"

namespace starlock::tls {
namespace {

// Forward secrecy and an AEAD, for TLS 1.2; TLS 1.3 has nothing else. All are sound, so the client's order decides: one
// without AES in hardware says so by asking for ChaCha20 first.
constexpr const char* kCiphers =
    "[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-ECDSA-AES256-GCM-SHA384|ECDHE-ECDSA-CHACHA20-POLY1305|"
    "ECDHE-RSA-AES128-GCM-SHA256|ECDHE-RSA-AES256-GCM-SHA384|ECDHE-RSA-CHACHA20-POLY1305]";

int OwnerIndex() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

Error SetVersions(SSL_CTX* context, const CommonSettings& settings) {
  const auto min = VersionId(settings.min_version);
  if (!min.ok()) return min.error();
  const auto max = VersionId(settings.max_version);
  if (!max.ok()) return max.error();
  if (min.value() > max.value()) {
    return {ErrorCode::kInvalid,
            "min_version " + settings.min_version + " is above max_version " + settings.max_version};
  }
  if (SSL_CTX_set_min_proto_version(context, min.value()) != 1 ||
      SSL_CTX_set_max_proto_version(context, max.value()) != 1) {
    return TakeError(ErrorCode::kInvalid, "TLS versions");
  }
  return {};
}

Error SetGroups(SSL_CTX* context, const CommonSettings& settings) {
  const auto ids = GroupIds(settings.groups);
  if (!ids.ok()) return ids.error();
  if (SSL_CTX_set1_group_ids(context, ids.value().data(), ids.value().size()) != 1) {
    return TakeError(ErrorCode::kInvalid, "groups");
  }
  return {};
}

}  // namespace

Result<bssl::UniquePtr<SSL_CTX>> MakeContext(const CommonSettings& settings) {
  bssl::UniquePtr<SSL_CTX> context(SSL_CTX_new(TLS_with_buffers_method()));
  if (!context) return TakeError(ErrorCode::kSystem, "no TLS context");
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
