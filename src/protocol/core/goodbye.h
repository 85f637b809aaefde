#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/core/act.h"

/// The reason for a goodbye, as precise as a client's protocol can express it. Each dialect maps it to its own codes.
namespace starlock::protocol {

enum class GoodbyeKind : uint8_t {
  kSyntax,       ///< the client violated the protocol; Failure::why says how
  kTimeout,      ///< a deadline passed, or the session was idle for too long
  kDrained,      ///< we are shutting down
  kLimit,        ///< one of our limits was reached
  kTlsRequired,  ///< the client did not upgrade to TLS, which is required
  kNoTls,        ///< no TLS with the upstream
  kUnavailable,  ///< the upstream cannot be reached, or the session cannot continue
};

GoodbyeKind GoodbyeFor(const Failure& failure);

/// One value per kind. Use designated initialisers.
template <typename T>
struct ByGoodbye {
  T syntax;
  T timeout;
  T drained;
  T limit;
  T tls_required;
  T no_tls;
  T unavailable;

  constexpr const T& operator[](GoodbyeKind kind) const {
    switch (kind) {
      case GoodbyeKind::kSyntax:
        return syntax;
      case GoodbyeKind::kTimeout:
        return timeout;
      case GoodbyeKind::kDrained:
        return drained;
      case GoodbyeKind::kLimit:
        return limit;
      case GoodbyeKind::kTlsRequired:
        return tls_required;
      case GoodbyeKind::kNoTls:
        return no_tls;
      case GoodbyeKind::kUnavailable:
        break;
    }
    return unavailable;
  }
};

/// English text for the client, such as `Service not available`. It has no quotes, backslashes or line ends.
std::string_view GoodbyeText(GoodbyeKind kind);

}  // namespace starlock::protocol
