#include "tls/library.h"

#include <openssl/base.h>

#include "tls/record_internals.h"

namespace starlock::tls {

std::string LibraryVersion() {
  const char* const records = record_internals::Built() ? "opened and sealed in place" : "through the public API";
  return "BoringSSL, API version " + std::to_string(BORINGSSL_API_VERSION) + "; records " + records;
}

}  // namespace starlock::tls
