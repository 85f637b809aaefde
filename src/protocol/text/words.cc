#include "protocol/text/words.h"

namespace starlock::protocol {
namespace {

constexpr char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool SameLetter(char a, char b) { return Lower(a) == Lower(b); }

}  // namespace

bool EqualsNoCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), SameLetter);
}

bool ContainsNoCase(std::string_view text, std::string_view part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(), SameLetter) != text.end();
}

std::string_view Content(std::string_view line) {
  const size_t last = line.find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? std::string_view() : line.substr(0, last + 1);
}

std::string_view SkipBlanks(std::string_view text) {
  while (!text.empty() && text.front() >= 0 && text.front() <= ' ') text.remove_prefix(1);
  return text;
}

std::string_view SkipSpaces(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
}

std::string_view TakeWord(std::string_view& text) {
  const size_t end = std::min(text.find_first_of(" \t"), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(text.find_first_not_of(" \t", end), text.size()));
  return word;
}

bool BindsChannel(std::string_view mechanism) {
  constexpr std::string_view kSuffix = "-PLUS";
  if (mechanism.size() <= kSuffix.size()) return false;
  return EqualsNoCase(mechanism.substr(mechanism.size() - kSuffix.size()), kSuffix);
}

VerbLine SplitVerb(std::string_view line, bool (*of_verb)(char)) {
  const std::string_view text = SkipBlanks(Content(line));
  const auto end = std::find_if_not(text.begin(), text.end(), of_verb);
  const auto size = static_cast<size_t>(end - text.begin());
  return {text.substr(0, size), text.substr(size)};
}

bool IsDisguised(std::string_view line, std::string_view verb) {
  constexpr size_t kMissing = 2;
  std::string_view text = SkipBlanks(Content(line));
  const std::string_view word = TakeWord(text);
  size_t letters = 0;
  size_t at = 0;
  for (const char c : word) {
    if (!IsLetter(c)) continue;
    while (at < verb.size() && !SameLetter(c, verb[at])) ++at;
    if (at++ >= verb.size()) return false;
    ++letters;
  }
  return letters < word.size() && letters + kMissing >= verb.size();
}

}  // namespace starlock::protocol
