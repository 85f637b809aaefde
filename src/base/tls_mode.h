#pragma once

#include <cstdint>
#include <string_view>

namespace starlock {

/// Where a leg's TLS stands: the configuration's `tls`.
enum class TlsMode : uint8_t {
  kOff,            ///< plaintext; an upgrade is neither offered nor asked for
  kOpportunistic,  ///< client leg: offered, may be declined; server leg: used where offered
  kRequired,       ///< no service before the upgrade
  kImplicit,       ///< TLS from the first byte
};

/// The configuration's words: off, opportunistic, required, implicit.
constexpr std::string_view ToString(TlsMode mode) {
  switch (mode) {
    case TlsMode::kOff:
      return "off";
    case TlsMode::kOpportunistic:
      return "opportunistic";
    case TlsMode::kRequired:
      return "required";
    case TlsMode::kImplicit:
      return "implicit";
  }
  return "off";
}

}  // namespace starlock
