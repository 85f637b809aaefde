#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace starlock {

/// A pinned public key: the SHA-256 of its SubjectPublicKeyInfo in DER (RFC 7469, 2.4).
struct SpkiPin {
  static constexpr size_t kSize = 32;

  std::array<uint8_t, kSize> digest{};

  /// `sha256/` and the padded base64 of the digest.
  std::string ToString() const;
  bool operator==(const SpkiPin&) const = default;
  bool operator<(const SpkiPin& other) const { return digest < other.digest; }

  /// Reads what ToString writes. kInvalid says what is wrong and what a pin looks like.
  static Result<SpkiPin> Parse(std::string_view text);
};

}  // namespace starlock
