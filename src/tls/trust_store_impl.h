#pragma once

#include <openssl/x509.h>

#include "tls/trust_store.h"

namespace starlock::tls {

struct TrustStore::Impl {
  bssl::UniquePtr<X509_STORE> store;
};

}  // namespace starlock::tls
