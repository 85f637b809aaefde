#include "protocol/core/harmless.h"

#include <algorithm>

#include "protocol/text/words.h"

namespace starlock::protocol {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr size_t kMaxTag = 32;

bool IsOfTag(char c) { return IsLetterOrDigit(c) || c == '.' || c == '-' || c == '_'; }

}  // namespace

bool IsPlainLine(std::string_view line) {
  if (line.size() < kLineEnd.size() || line.size() > kMaxPlainLine) return false;
  const std::string_view text = line.substr(0, line.size() - kLineEnd.size());
  return line.substr(text.size()) == kLineEnd &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

bool IsExactly(std::string_view line, std::initializer_list<std::string_view> forms) {
  return std::any_of(forms.begin(), forms.end(), [line](std::string_view form) {
    return line.size() == form.size() + kLineEnd.size() && EqualsNoCase(line.substr(0, form.size()), form) &&
           line.substr(form.size()) == kLineEnd;
  });
}

bool TakeExactly(std::string_view& line, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) {
    if (line.size() <= word.size() || line[word.size()] != ' ' || !EqualsNoCase(line.substr(0, word.size()), word)) {
      continue;
    }
    line.remove_prefix(word.size() + 1);
    return true;
  }
  return false;
}

bool TakePlainTag(std::string_view& line) {
  const size_t end = line.find(' ');
  if (end == 0 || end == std::string_view::npos || end > kMaxTag) return false;
  if (!std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(end), IsOfTag)) return false;
  line.remove_prefix(end + 1);
  return true;
}

}  // namespace starlock::protocol
