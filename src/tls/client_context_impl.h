#pragma once

#include <openssl/pool.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "tls/context.h"
#include "tls/session_cache.h"
#include "tls/tls_stream.h"
#include "tls/verify.h"

namespace starlock::tls {

struct SessionFamily::Impl {
  SessionCache sessions;
};

struct ClientContext::Impl {
  /// A new connection's state, in the client role, with a session to resume where there is one. What verification
  /// finds goes to `outcome`, which must live as long; so must `family`, whose sessions are meant where there is one.
  /// Aborts where there is no memory left.
  bssl::UniquePtr<SSL> NewSsl(VerifyOutcome* outcome, SessionFamily* family = nullptr);

  std::string sni;             ///< empty: none is sent
  bool alpn_required = false;  ///< a handshake without an agreement on ALPN has failed
  std::unique_ptr<Verifier> verifier;
  bssl::UniquePtr<CRYPTO_BUFFER_POOL> certificates;  ///< one copy of what the same server sends each time
  SessionCache sessions;                             ///< holds certificates of the pool
  bssl::UniquePtr<SSL_CTX> context;
};

}  // namespace starlock::tls
