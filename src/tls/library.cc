#include "tls/library.h"

#include <openssl/base.h>

namespace starlock::tls {

std::string LibraryVersion() { return "BoringSSL, API version " + std::to_string(BORINGSSL_API_VERSION); }

}  // namespace starlock::tls
