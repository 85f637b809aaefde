#pragma once

#include <openssl/ssl.h>

#include "tls/peer_info.h"
#include "tls/tls_info.h"
#include "tls/verify.h"

namespace starlock::tls {

/// The parameters of a completed handshake.
TlsInfo InfoOf(const SSL* ssl);

/// The server's certificates and the result of their verification.
PeerInfo PeerOf(const SSL* ssl, const Verifier& verifier, const VerifyOutcome& outcome);

}  // namespace starlock::tls
