#include "base/spki_pin.h"

#include <fmt/format.h>

#include "base/text.h"

namespace starlock {
namespace {

constexpr std::string_view kPrefix = "sha256/";
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
// 32 bytes are 43 characters and one '='. The 43rd carries two bits that must be 0.
constexpr size_t kDigits = 43;

Error Invalid(std::string_view text, std::string_view problem) {
  return {ErrorCode::kInvalid,
          fmt::format("{} {}; a pin is sha256/ and the base64 of the 32 bytes of a public key's hash", InQuotes(text),
                      problem)};
}

}  // namespace

std::string SpkiPin::ToString() const {
  std::string text(kPrefix);
  uint32_t bits = 0;
  int count = 0;
  for (const uint8_t byte : digest) {
    bits = bits << 8 | byte;
    for (count += 8; count >= 6; count -= 6) text += kAlphabet[bits >> (count - 6) & 63];
  }
  text += kAlphabet[bits << (6 - count) & 63];
  return text + '=';
}

Result<SpkiPin> SpkiPin::Parse(std::string_view text) {
  if (!text.starts_with(kPrefix)) return Invalid(text, "does not begin with sha256/");
  const std::string_view base64 = text.substr(kPrefix.size());
  const std::string_view digits = base64.substr(0, kDigits);
  if (const size_t bad = digits.find_first_not_of(kAlphabet); bad != std::string_view::npos) {
    return Invalid(text, fmt::format("is not base64 at {}", InQuotes(FirstCharacter(base64.substr(bad)))));
  }
  if (base64.size() != kDigits + 1 || base64.back() != '=' || kAlphabet.find(digits.back()) % 4 != 0) {
    return Invalid(text, "is not the base64 of 32 bytes");
  }
  SpkiPin pin;
  uint32_t bits = 0;
  int count = 0;
  auto* next = pin.digest.begin();
  for (const char digit : digits) {
    bits = bits << 6 | static_cast<uint32_t>(kAlphabet.find(digit));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    *next++ = static_cast<uint8_t>(bits >> count);
  }
  return pin;
}

}  // namespace starlock
