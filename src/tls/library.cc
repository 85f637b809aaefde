#include "tls/library.h"

#include <fmt/format.h>
#include <openssl/base.h>

#include "tls/record_internals.h"

namespace starlock::tls {

std::string LibraryVersion() {
  const char* const records = record_internals::Built() ? "opened and sealed in place" : "through the public API";
  return fmt::format("BoringSSL, API version {}; records {}", BORINGSSL_API_VERSION, records);
}

}  // namespace starlock::tls
