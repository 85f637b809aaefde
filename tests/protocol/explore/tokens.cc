#include "tokens.h"

#include <fmt/format.h>

#include <algorithm>

namespace starlock::test::explore {

std::string Token(char side, int n) { return fmt::format("{}{:03}z", side, n); }

int NextToken(std::string_view text, char side, size_t& at) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  for (; at + 5 <= text.size(); ++at) {
    if (text[at] != side || !digit(text[at + 1]) || !digit(text[at + 2]) || !digit(text[at + 3])) continue;
    if (text[at + 4] != 'z') continue;
    const int n = (text[at + 1] - '0') * 100 + (text[at + 2] - '0') * 10 + (text[at + 3] - '0');
    at += 5;
    return n;
  }
  return -1;
}

std::string WithoutTokens(std::string text) {
  for (const char side : {'c', 's'}) {
    for (size_t at = 0; NextToken(text, side, at) >= 0;) std::fill_n(text.begin() + static_cast<long>(at) - 4, 3, '#');
  }
  return text;
}

std::string Printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\r') continue;
    if (c == '\n') {
      out += "\\n";
    } else if (c < ' ' || c > '~') {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace starlock::test::explore
