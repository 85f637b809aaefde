#pragma once

#include <openssl/ssl.h>

#include "base/result.h"
#include "base/tls_settings.h"

namespace starlock::tls {

/// A context with what both roles configure alike: versions, groups and cipher suites.
Result<bssl::UniquePtr<SSL_CTX>> MakeContext(const TlsSettings& settings);

/// A context's owner, for BoringSSL callbacks without a user argument.
void SetOwner(SSL_CTX* context, void* owner);
void* OwnerOf(const SSL* ssl);

}  // namespace starlock::tls
