// Replaces getaddrinfo(): names that begin with `hang` are looked up for ever, names that begin with `fails` fail while
// the file STARLOCK_NAMES_FAIL exists and else are 127.0.0.1.

#include <dlfcn.h>
#include <netdb.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** found) {
  static const auto next = reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
  const std::string_view name = node == nullptr ? std::string_view() : node;
  while (name.starts_with("hang")) pause();
  if (!name.starts_with("fails")) return next(node, service, hints, found);
  const char* file = getenv("STARLOCK_NAMES_FAIL");
  if (file != nullptr && access(file, F_OK) == 0) return EAI_AGAIN;
  return next("127.0.0.1", service, hints, found);
}
