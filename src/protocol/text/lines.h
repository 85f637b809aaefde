#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/core/act.h"
#include "protocol/text/words.h"

/// Where units end: what several protocols share. A cutter never normalises; what does not fit is kBad.
namespace starlock::protocol {

/// One line, CRLF included. A bare LF, a bare CR or a NUL is kBad: each of them is how one parser is made to see a
/// line where the next one sees none.
Frame CutLine(std::string_view in, Scan& scan);
/// The same for input that was not looked at before.
Frame CutLine(std::string_view in);

/// A unit of several lines: `judge` says of each complete line, its end included, whether the unit ends with it
/// (kWhole), goes on behind it (kPartial), or is kBad.
template <typename Judge>
Frame CutUnitOfLines(std::string_view in, Scan& scan, Judge judge) {
  for (;;) {
    Scan of_line{0, scan.looked - scan.line};
    const Frame line = CutLine(in.substr(scan.line), of_line);
    scan.looked = scan.line + of_line.looked;
    if (line.kind != Frame::Kind::kWhole) return line;
    const Frame judged = judge(in.substr(scan.line, line.size));
    scan.line += line.size;
    scan.looked = scan.line;
    if (judged.kind == Frame::Kind::kWhole) return Frame::Whole(scan.line);
    if (judged.kind == Frame::Kind::kBad) return judged;
  }
}

/// One SMTP or LMTP reply (RFC 5321 4.2), of as many lines as it has: `250-…CRLF` until `250 …CRLF` or `250CRLF`.
/// kBad where a line has no code, or another one than the first.
Frame CutSmtpReply(std::string_view in, Scan& scan);

/// A first line and what it announces, up to the line that is a single dot (RFC 1939 3, RFC 3977 3.1.1): for lists
/// short enough to be a unit.
Frame CutDotted(std::string_view in, Scan& scan);

/// The next piece of a dot-terminated body of any length. `line_start`: `in` begins a line. A whole piece is the final
/// `.CRLF` alone, or comes before it, and ends in CRLF only where the final one is next. Nothing is judged, bare line
/// ends and NULs included: only CRLF, dot, CRLF ends a body.
Frame CutBody(std::string_view in, bool line_start);

/// Whether one of the lines between the first and the final dot begins with `word`, in any case.
bool DottedHas(std::string_view list, std::string_view word);

/// Those lines, without their ends.
std::vector<std::string> DottedLines(std::string_view list);

/// The same list without those that begin with `word`. No other byte differs.
std::string DottedWithout(std::string_view list, std::string_view word);

/// The same list with `word` in it exactly once, as its last line.
std::string DottedWith(std::string_view list, std::string_view word);

}  // namespace starlock::protocol
