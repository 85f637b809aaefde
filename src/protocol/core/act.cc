#include "protocol/core/act.h"

#include <type_traits>

namespace starlock::protocol {

Fail NoTls::AsFail() const {
  const char* why = end == End::kStarttlsNotOffered ? "the server does not offer the upgrade to TLS"
                                                    : "the server refused the upgrade to TLS";
  return {{end, Blame::kServer, why}};
}

Act Keeping(Act act) {
  if (Is<Read>(act)) return Wait{};
  std::visit(
      [](auto& one) {
        if constexpr (requires { one.keep; }) one.keep = true;
      },
      act);
  return act;
}

bool Keeps(const Act& act) {
  if (Is<Wait>(act)) return true;
  return std::visit(
      [](const auto& one) {
        if constexpr (requires { one.keep; }) {
          return one.keep;
        } else {
          return false;
        }
      },
      act);
}

}  // namespace starlock::protocol
