#pragma once

#include <openssl/ssl.h>

#include "tls/identity.h"

namespace starlock::tls {

struct Identity::Impl {
  CertificateInfo certificate;
  bool ecdsa = false;
  bssl::UniquePtr<SSL_CREDENTIAL> credential;  ///< complete and immutable
};

}  // namespace starlock::tls
