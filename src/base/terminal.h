#pragma once

#include <string>
#include <string_view>

/// Output for people: colours where the terminal has them, and no control characters from a peer's text.
namespace starlock {

enum class Tint : uint8_t { kHeading, kGood, kWarning, kBad, kFaint };

/// What a terminal can show.
class Style {
 public:
  Style(bool color, bool unicode) : color_(color), unicode_(unicode) {}
  /// The style for standard output. Colours: if it is a terminal, `allow_color` is set and NO_COLOR (no-color.org) is
  /// not. Unicode: if the locale's character set is UTF-8.
  static Style ForStdout(bool allow_color = true);

  /// `text` in the colour of `tint`, or unchanged without colours.
  std::string Paint(Tint tint, std::string_view text) const;
  /// `fancy` with Unicode, otherwise `plain`.
  std::string_view Glyph(std::string_view fancy, std::string_view plain) const { return unicode_ ? fancy : plain; }

 private:
  bool color_;
  bool unicode_;
};

/// `text` in printable ASCII. A backslash becomes `\\`; each byte that is not printable becomes `\x` and two
/// hexadecimal digits.
std::string Printable(std::string_view text);

}  // namespace starlock
