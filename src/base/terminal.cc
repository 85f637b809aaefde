#include "base/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

namespace starlock {
namespace {

std::string_view Environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing here sets a variable
  return value != nullptr ? value : "";
}

// The first variable that is set decides (locale(7)).
bool LocaleIsUtf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view value = Environment(name);
    if (value.empty()) continue;
    return value.find("UTF-8") != std::string_view::npos || value.find("utf8") != std::string_view::npos;
  }
  return false;
}

std::string_view Code(Tint tint) {
  switch (tint) {
    case Tint::kHeading:
      return "\x1b[1;36m";
    case Tint::kGood:
      return "\x1b[32m";
    case Tint::kWarning:
      return "\x1b[33m";
    case Tint::kBad:
      return "\x1b[31m";
    case Tint::kFaint:
      return "\x1b[2m";
  }
  return "";
}

}  // namespace

Style Style::ForStdout(bool allow_color) {
  const bool able = isatty(STDOUT_FILENO) == 1 && Environment("TERM") != "dumb";
  return {allow_color && able && Environment("NO_COLOR").empty(), LocaleIsUtf8()};
}

std::string Style::Paint(Tint tint, std::string_view text) const {
  if (!color_) return std::string(text);
  return fmt::format("{}{}\x1b[0m", Code(tint), text);
}

std::string Printable(std::string_view text) {
  std::string printable;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\') {
      printable += "\\\\";
    } else if (byte >= 0x20 && byte < 0x7f) {
      printable += c;
    } else {
      printable += fmt::format("\\x{:02x}", byte);
    }
  }
  return printable;
}

}  // namespace starlock
