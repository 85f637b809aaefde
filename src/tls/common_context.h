#pragma once

#include <openssl/ssl.h>

#include "base/result.h"
#include "tls/context.h"

namespace starlock::tls {

/// A context with what both roles share: versions, groups, cipher suites, and one copy of every certificate seen.
Result<bssl::UniquePtr<SSL_CTX>> MakeContext(const CommonSettings& settings);

/// Where a context keeps its owner, for callbacks that get no argument.
void SetOwner(SSL_CTX* context, void* owner);
void* OwnerOf(const SSL* ssl);

}  // namespace starlock::tls
