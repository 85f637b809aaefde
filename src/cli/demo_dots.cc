#include "cli/demo_dots.h"

namespace starlock::cli {

std::string WithDots(std::string_view message) {
  std::string dotted;
  bool at_start = true;
  for (const char c : message) {
    if (at_start && c == '.') dotted += '.';
    dotted += c;
    at_start = c == '\n';
  }
  return dotted;
}

std::string WithoutDots(std::string_view dotted) {
  std::string message;
  bool at_start = true;
  for (const char c : dotted) {
    if (!(at_start && c == '.')) message += c;
    at_start = c == '\n';
  }
  return message;
}

}  // namespace starlock::cli
