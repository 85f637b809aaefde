#pragma once

#include <string>
#include <string_view>

/// What is shown to a person: colours where the terminal has them, and no byte of a stranger's that could drive it.
namespace starlock {

enum class Tint : uint8_t { kHeading, kGood, kWarning, kBad, kFaint };

/// How a terminal is written to.
class Style {
 public:
  Style(bool color, bool unicode) : color_(color), unicode_(unicode) {}
  /// What standard output takes: colours if it is a terminal, `allow_color` is set and NO_COLOR (no-color.org) is not;
  /// more than ASCII if the locale's character set is UTF-8.
  static Style ForStdout(bool allow_color = true);

  /// `text` in a colour, where there are any.
  std::string Paint(Tint tint, std::string_view text) const;
  /// `fancy` where more than ASCII may be written, else `plain`.
  std::string_view Glyph(std::string_view fancy, std::string_view plain) const { return unicode_ ? fancy : plain; }

 private:
  bool color_;
  bool unicode_;
};

/// `text` in printable ASCII: a backslash becomes `\\`, every other byte `\x1b` or the like.
std::string Printable(std::string_view text);

}  // namespace starlock
