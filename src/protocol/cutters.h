#pragma once

#include <string_view>

#include "protocol/dialogue.h"

/// Where units end: what several protocols share. A cutter never normalises; what does not fit is kBad.
namespace starlock::protocol {

/// One line, CRLF included. A bare LF, a bare CR or a NUL is kBad: each of them is how one parser is made to see a
/// line where the next one sees none.
Frame CutLine(std::string_view in);

/// One SMTP or LMTP reply (RFC 5321 4.2), of as many lines as it has: `250-…CRLF` until `250 …CRLF` or `250CRLF`.
/// kBad where a line has no code, or another one than the first.
Frame CutSmtpReply(std::string_view in);

/// Whether `a` and `b` are equal but for the case of ASCII letters.
bool EqualsNoCase(std::string_view a, std::string_view b);

/// The line without its CRLF and the blanks before it.
std::string_view Content(std::string_view line);

/// The first word of `text`, which is then what follows it, without the blanks between.
std::string_view TakeWord(std::string_view& text);

}  // namespace starlock::protocol
