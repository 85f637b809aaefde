#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/core/act.h"

/// Why we say goodbye, as far as a client's protocol can tell it. Each dialect has a table of its own codes by this.
namespace starlock::protocol {

enum class GoodbyeKind : uint8_t {
  kSyntax,       ///< the client broke the protocol: Failure::why says how
  kTimeout,      ///< a deadline passed
  kDrained,      ///< we are shutting down
  kLimit,        ///< a limit of ours was reached
  kTlsRequired,  ///< the client did not upgrade to the TLS that is required of it
  kNoTls,        ///< TLS with the upstream can't be had
  kUnavailable,  ///< the upstream can't be reached, or the session can't go on
};

GoodbyeKind GoodbyeFor(const Failure& failure);

/// A value for each kind, to be written with designated initialisers.
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

/// The plain English of a goodbye, without quotes, backslashes or line ends: `Service not available`.
std::string_view GoodbyeText(GoodbyeKind kind);

}  // namespace starlock::protocol
