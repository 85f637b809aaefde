#pragma once

#include <cstdint>

#include "base/words.h"

namespace starlock {

/// How one leg uses TLS: the configuration's `tls`.
enum class TlsMode : uint8_t {
  kOff,            ///< plaintext; an upgrade is neither offered nor requested
  kOpportunistic,  ///< client leg: offered, may be declined; server leg: used if offered
  kRequired,       ///< no service before the upgrade
  kImplicit,       ///< TLS from the first byte
};

inline constexpr auto kTlsModeWords = std::to_array<Word<TlsMode>>({
    {"off", TlsMode::kOff},
    {"opportunistic", TlsMode::kOpportunistic},
    {"required", TlsMode::kRequired},
    {"implicit", TlsMode::kImplicit},
});

/// `off`, `opportunistic`, `required`, `implicit`.
constexpr std::string_view ToString(TlsMode mode) { return TextFor(kTlsModeWords, mode); }

}  // namespace starlock
