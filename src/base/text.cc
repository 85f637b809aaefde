#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace starlock {
namespace {

constexpr size_t kMaxShown = 60;

uint8_t ByteAt(std::string_view text, size_t at) { return static_cast<uint8_t>(text[at]); }

bool IsContinuation(uint8_t byte) { return (byte & 0xC0) == 0x80; }

// The length that a UTF-8 character's first byte announces; 1 for a byte that begins none.
size_t AnnouncedLength(uint8_t first) {
  if (first >= 0xC2 && first <= 0xDF) return 2;
  if (first >= 0xE0 && first <= 0xEF) return 3;
  if (first >= 0xF0 && first <= 0xF4) return 4;
  return 1;
}

// The length of the character at the beginning of `text`, which is not empty.
size_t CharacterLength(std::string_view text) {
  const size_t length = AnnouncedLength(ByteAt(text, 0));
  if (length > text.size()) return 1;
  for (size_t i = 1; i < length; ++i) {
    if (!IsContinuation(ByteAt(text, i))) return 1;
  }
  return length;
}

bool IsControl(std::string_view character) {
  const uint8_t first = ByteAt(character, 0);
  if (character.size() == 1) return first < 0x20 || first == 0x7F;
  return first == 0xC2 && ByteAt(character, 1) < 0xA0;
}

}  // namespace

std::string WithoutControls(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::string_view character = FirstCharacter(text);
    text.remove_prefix(character.size());
    result += IsControl(character) ? "?" : character;
  }
  return result;
}

std::string_view ClipUtf8(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  // A character that crosses the limit begins at most three bytes before it.
  for (size_t at = max_bytes; at > 0 && max_bytes - at < 3; --at) {
    const size_t begin = at - 1;
    if (begin + CharacterLength(text.substr(begin)) > max_bytes) return text.substr(0, begin);
  }
  return text.substr(0, max_bytes);
}

std::string_view FirstCharacter(std::string_view text) {
  return text.empty() ? text : text.substr(0, CharacterLength(text));
}

std::string Shortened(std::string_view text) {
  const std::string_view shown = ClipUtf8(text, kMaxShown);
  return WithoutControls(shown) + (shown.size() < text.size() ? "…" : "");
}

std::string InQuotes(std::string_view text) { return fmt::format("'{}'", Shortened(text)); }

}  // namespace starlock
