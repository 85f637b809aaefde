#pragma once

#include <string>
#include <string_view>

/// Text that may come from a user, a peer or a certificate, made fit to be shown.
namespace starlock {

/// `text` with every control character (C0, DEL and, in UTF-8, C1) replaced by `?`, so that it cannot drive a terminal.
std::string WithoutControls(std::string_view text);

/// The longest prefix of `text` that has at most `max_bytes` bytes and does not end inside a UTF-8 character. Bytes
/// that are not UTF-8 count as one character each.
std::string_view ClipUtf8(std::string_view text, size_t max_bytes);

/// The first UTF-8 character of `text`, or its first byte where that begins none. Empty if `text` is empty.
std::string_view FirstCharacter(std::string_view text);

/// `text` without control characters, at most 60 bytes of it; `…` marks a cut.
std::string Shortened(std::string_view text);

/// Shortened(text) in single quotes, for messages.
std::string InQuotes(std::string_view text);

}  // namespace starlock
