#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/words.h"

namespace starlock {

/// A TLS version that can be negotiated. Later versions compare greater.
enum class TlsVersion : uint8_t { k12, k13 };

inline constexpr auto kTlsVersionWords =
    std::to_array<Word<TlsVersion>>({{"1.2", TlsVersion::k12}, {"1.3", TlsVersion::k13}});

/// `1.2`, `1.3`.
constexpr std::string_view ToString(TlsVersion version) { return TextFor(kTlsVersionWords, version); }

/// A key exchange group.
enum class KeyExchangeGroup : uint8_t { kX25519Mlkem768, kX25519, kP256, kP384, kP521 };

/// The names of the IANA registry "TLS Supported Groups", and those of FIPS 186 for the NIST curves.
inline constexpr auto kKeyExchangeGroupWords = std::to_array<Word<KeyExchangeGroup>>({
    {"X25519MLKEM768", KeyExchangeGroup::kX25519Mlkem768},
    {"X25519", KeyExchangeGroup::kX25519},
    {"P-256", KeyExchangeGroup::kP256},
    {"P-384", KeyExchangeGroup::kP384},
    {"P-521", KeyExchangeGroup::kP521},
});

/// `X25519MLKEM768`, `X25519`, `P-256`, `P-384`, `P-521`.
constexpr std::string_view ToString(KeyExchangeGroup group) { return TextFor(kKeyExchangeGroupWords, group); }

/// How much of a server's certificate is checked.
enum class Verify : uint8_t {
  kFull,   ///< the chain and the name
  kChain,  ///< the chain alone
  kNone,
};

inline constexpr auto kVerifyWords =
    std::to_array<Word<Verify>>({{"full", Verify::kFull}, {"chain", Verify::kChain}, {"none", Verify::kNone}});

/// `full`, `chain`, `none`.
constexpr std::string_view ToString(Verify verify) { return TextFor(kVerifyWords, verify); }

/// The groups that are offered unless the configuration says otherwise.
inline constexpr std::array kDefaultGroups = {KeyExchangeGroup::kX25519Mlkem768, KeyExchangeGroup::kX25519,
                                              KeyExchangeGroup::kP256};

/// What one leg may negotiate. The defaults hold for every leg, whether configured by file or by command line.
struct TlsSettings {
  TlsVersion min_version = TlsVersion::k12;
  TlsVersion max_version = TlsVersion::k13;  ///< not below `min_version`
  /// In order of preference; not empty, no duplicates.
  std::vector<KeyExchangeGroup> groups{kDefaultGroups.begin(), kDefaultGroups.end()};
};

}  // namespace starlock
