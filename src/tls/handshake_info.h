#pragma once

#include <openssl/ssl.h>

#include "tls/peer_info.h"
#include "tls/tls_info.h"
#include "tls/verify.h"

namespace starlock::tls {

/// What a handshake that is done agreed on.
TlsInfo InfoOf(const SSL* ssl);

/// What the server of `ssl` sent, in words, with what verification made of it.
PeerInfo PeerOf(const SSL* ssl, const Verifier& verifier, const VerifyOutcome& outcome);

}  // namespace starlock::tls
