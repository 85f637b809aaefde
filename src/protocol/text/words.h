#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

/// Words and characters, as several text protocols have them. ASCII only; no locale.
namespace starlock::protocol {

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsLetter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
constexpr bool IsLetterOrDigit(char c) { return IsLetter(c) || IsDigit(c); }
constexpr bool IsControl(char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }

/// Whether `a` and `b` are equal but for the case of ASCII letters.
bool EqualsNoCase(std::string_view a, std::string_view b);

/// Whether `text` has `part` in it, in any case.
bool ContainsNoCase(std::string_view text, std::string_view part);

/// The line without its CRLF and the blanks before it.
std::string_view Content(std::string_view line);

/// The text without the blanks and control characters that it begins with.
std::string_view SkipBlanks(std::string_view text);

/// The first word of `text`, which is then what follows it, without the blanks between.
std::string_view TakeWord(std::string_view& text);

/// A command line in two parts.
struct VerbLine {
  std::string_view verb;
  std::string_view rest;  ///< all that follows the verb, but for blanks at its end
};

/// Finds the verb wherever any server might see one: behind blanks and control characters, and up to the first
/// character that is not `of_verb` (Postfix takes " XCLIENT" and "XCLIENT\v…" for XCLIENT).
VerbLine SplitVerb(std::string_view line, bool (*of_verb)(char));

/// A word of a protocol, and what it is to us.
template <typename Verb>
struct KnownWord {
  std::string_view word;
  Verb verb;
};

/// The verb of `word` in a table, in any case; `other` where it is not there.
template <typename Verb, size_t kSize>
constexpr Verb FindVerb(const KnownWord<Verb> (&table)[kSize], std::string_view word, Verb other) {
  for (const KnownWord<Verb>& known : table) {
    if (EqualsNoCase(word, known.word)) return known.verb;
  }
  return other;
}

}  // namespace starlock::protocol
