#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

/// Words and characters of text protocols. ASCII only, independent of the locale.
namespace starlock::protocol {

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsLetter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
constexpr bool IsLetterOrDigit(char c) { return IsLetter(c) || IsDigit(c); }
constexpr bool IsControl(char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }

/// Whether `a` and `b` are equal, ignoring the case of ASCII letters.
bool EqualsNoCase(std::string_view a, std::string_view b);

/// Whether `text` contains `part`, ignoring the case of ASCII letters.
bool ContainsNoCase(std::string_view text, std::string_view part);

/// The line without its line end and trailing blanks.
std::string_view Content(std::string_view line);

/// The text without leading blanks and control characters.
std::string_view SkipBlanks(std::string_view text);

/// The text without the spaces and tabs that it begins with. Control characters of an argument stay.
std::string_view SkipSpaces(std::string_view text);

/// Takes the first word from `text`, with the blanks after it.
std::string_view TakeWord(std::string_view& text);

/// Whether a SASL mechanism binds to the TLS channel: its name ends in -PLUS (RFC 5802 4).
bool BindsChannel(std::string_view mechanism);

/// A command line in two parts.
struct VerbLine {
  std::string_view verb;
  std::string_view rest;  ///< all that follows the verb, without trailing blanks
};

/// Finds the verb wherever some server might see one: after blanks and control characters, and up to the first
/// character that is not `of_verb`. Postfix, for one, reads " XCLIENT" and "XCLIENT\v…" as XCLIENT.
VerbLine SplitVerb(std::string_view line, bool (*of_verb)(char));

/// Whether some server may read the first word of a command as `verb` although it is not: some strip what they do not
/// know (`"STARTTLS"`), others fold letters of Unicode (`ſTARTTLS`). Up to two letters may be missing.
bool IsDisguised(std::string_view line, std::string_view verb);

/// One row of a table of a protocol's words.
template <typename Verb>
struct KnownWord {
  std::string_view word;
  Verb verb;
};

/// Finds `word` in a table, ignoring case. Returns `other` if it is not there.
template <typename Verb, size_t kSize>
constexpr Verb FindVerb(const KnownWord<Verb> (&table)[kSize], std::string_view word, Verb other) {
  for (const KnownWord<Verb>& known : table) {
    if (EqualsNoCase(word, known.word)) return known.verb;
  }
  return other;
}

}  // namespace starlock::protocol
