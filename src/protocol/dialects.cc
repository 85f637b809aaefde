#include "protocol/dialects.h"

#include "protocol/smtp.h"
#include "protocol/tcp.h"

namespace starlock::protocol {
namespace {

constexpr Dialect kDialects[] = {
    {"smtp", 25, true, MakeSmtp},
    {"lmtp", 24, true, MakeLmtp},
    {"tcp", 0, false, MakeTcp},
};

}  // namespace

std::span<const Dialect> Dialects() { return kDialects; }

const Dialect* FindDialect(std::string_view name) {
  for (const Dialect& dialect : kDialects) {
    if (dialect.name == name) return &dialect;
  }
  return nullptr;
}

}  // namespace starlock::protocol
