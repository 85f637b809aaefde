#pragma once

#include <openssl/pool.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "tls/context.h"
#include "tls/session_cache.h"
#include "tls/session_family_impl.h"
#include "tls/verify.h"

namespace starlock::tls {

struct ClientContext::Impl {
  /// A new connection in the client role, with a session to resume if there is one: of `family` if that is set, else of
  /// this context. Verification writes to `outcome`. Both must outlive the connection. Aborts without memory.
  bssl::UniquePtr<SSL> NewSsl(VerifyOutcome* outcome, SessionFamily* family = nullptr);

  std::string sni;             ///< empty: no SNI
  bool alpn_required = false;  ///< the handshake fails unless ALPN selects a protocol
  std::unique_ptr<Verifier> verifier;
  bssl::UniquePtr<CRYPTO_BUFFER_POOL> certificates;  ///< shares one copy of the certificates that a server sends
  SessionCache sessions;                             ///< refers to certificates of the pool
  bssl::UniquePtr<SSL_CTX> context;
};

}  // namespace starlock::tls
