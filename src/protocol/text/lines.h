#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/core/act.h"
#include "protocol/text/words.h"

/// Lines, replies of several lines, and dot-terminated lists. A cutter never normalises its input: what does not fit
/// the grammar is kBad.
namespace starlock::protocol {

/// Cuts one line, CRLF included. A bare LF, a bare CR or a NUL is kBad: with them an attacker can make one parser see a
/// line end where another sees none.
Frame CutLine(std::string_view in, Scan& scan);
/// The same without an earlier scan.
Frame CutLine(std::string_view in);

/// Cuts a unit of several lines. `judge` gets each complete line with its CRLF, and returns kWhole (the unit ends with
/// this line), kPartial (more lines follow) or kBad.
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

/// Cuts a unit whose first line decides whether more lines belong to it. `cut_first` cuts that line, `goes_on` says
/// whether more follows it, and `cut_whole` then cuts the unit from its start.
template <typename CutFirst, typename GoesOn, typename CutWhole>
Frame CutByFirstLine(std::string_view in, Scan& scan, CutFirst cut_first, GoesOn goes_on, CutWhole cut_whole) {
  if (scan.line > 0) return cut_whole(in, scan);  // beyond the first line already
  Scan of_first_line = scan;
  const Frame line = cut_first(in, of_first_line);
  scan.looked = of_first_line.looked;
  return line.kind == Frame::Kind::kWhole && goes_on(in.substr(0, line.size)) ? cut_whole(in, scan) : line;
}

/// Cuts one SMTP or LMTP reply (RFC 5321 4.2) of one or more lines: `250-…CRLF` until `250 …CRLF` or `250CRLF`. A line
/// without a code, or with another code than the first line, is kBad.
Frame CutSmtpReply(std::string_view in, Scan& scan);

/// The code of a reply that begins with three digits, 0 to 999.
int CodeOf(std::string_view reply);

/// Takes the first line from `text`, line end included.
std::string_view TakeLine(std::string_view& text);

/// The lines of a whole unit, line ends included.
std::vector<std::string_view> LinesOf(std::string_view unit);

/// Cuts a first line and its list, up to a line that is a single dot (RFC 1939 3, RFC 3977 3.1.1). For lists that fit
/// in one unit.
Frame CutDotted(std::string_view in, Scan& scan);

/// Cuts the next piece of a dot-terminated body of any length. `line_start`: `in` is at the start of a line. A piece is
/// either the final `.CRLF` alone, or some of the bytes before it; it ends in CRLF only if the final dot is next. The
/// content is not checked: bare line ends and NULs pass, and only CRLF, dot, CRLF ends a body.
Frame CutBody(std::string_view in, bool line_start);

/// Whether a line of the list starts with `word`, in any case. Here and below, the first line and the final dot are not
/// part of the list.
bool DottedHas(std::string_view list, std::string_view word);

/// The lines of the list, without line ends.
std::vector<std::string> DottedLines(std::string_view list);

/// `list` without the lines that start with `word`. No other byte differs.
std::string DottedWithout(std::string_view list, std::string_view word);

/// `list` with `word` exactly once, as its last line.
std::string DottedWith(std::string_view list, std::string_view word);

}  // namespace starlock::protocol
