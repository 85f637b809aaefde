#pragma once

#include <cstddef>
#include <initializer_list>
#include <string_view>

/// The forms of a client's command that every server reads alike. Only these may cross before an upgrade to TLS (see
/// UpgradeWindow).
namespace starlock::protocol {

/// The longest such line, CRLF included. Some servers split lines at 512 bytes, and execute the rest as a command.
inline constexpr size_t kMaxPlainLine = 255;

/// Whether `line` is one line of at most kMaxPlainLine bytes that ends in CRLF and is printable ASCII before it.
bool IsPlainLine(std::string_view line);

/// Whether `line` is exactly one of `forms`, in any case, and CRLF.
bool IsExactly(std::string_view line, std::initializer_list<std::string_view> forms);

/// Takes one of `words` and the single space after it from the start of `line`. `line` must be plain. Returns false,
/// and takes nothing, if it starts otherwise.
bool TakeExactly(std::string_view& line, std::initializer_list<std::string_view> words);

/// Takes a tag of letters, digits, dots, dashes and underscores, at most 32 of them, and the single space after it.
bool TakePlainTag(std::string_view& line);

}  // namespace starlock::protocol
