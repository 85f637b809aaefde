#include "protocol/text/lines.h"

#include <fmt/format.h>

#include <algorithm>

namespace starlock::protocol {
namespace {

bool IsReplyLine(std::string_view line) {
  if (line.size() < 5 || !IsDigit(line[0]) || !IsDigit(line[1]) || !IsDigit(line[2])) return false;
  return line[3] == ' ' || line[3] == '-' || line.substr(3) == "\r\n";
}

constexpr std::string_view kFinal = ".\r\n";

bool BeginsWith(std::string_view line, std::string_view word) {
  std::string_view text = Content(line);
  return EqualsNoCase(TakeWord(text), word);
}

}  // namespace

Frame CutLine(std::string_view in, Scan& scan) {
  constexpr size_t kNone = std::string_view::npos;
  const std::string_view fresh = in.substr(scan.looked);
  const size_t lf = fresh.find('\n');
  const size_t cr = fresh.substr(0, lf).find('\r');
  if (fresh.substr(0, std::min(lf, cr)).find('\0') != kNone) return Frame::Bad("NUL in a line");
  if (cr == kNone && lf != kNone) return Frame::Bad("LF without CR");
  if (cr == kNone || cr + 1 == fresh.size()) {
    scan.looked += std::min(cr, fresh.size());
    return Frame::Partial();
  }
  return fresh[cr + 1] == '\n' ? Frame::Whole(scan.looked + cr + 2) : Frame::Bad("CR without LF");
}

Frame CutLine(std::string_view in) {
  Scan scan;
  return CutLine(in, scan);
}

Frame CutSmtpReply(std::string_view in, Scan& scan) {
  return CutUnitOfLines(in, scan, [in](std::string_view line) {
    if (!IsReplyLine(line)) return Frame::Bad("not a reply");
    if (line.substr(0, 3) != in.substr(0, 3)) return Frame::Bad("the lines of a reply have different codes");
    return line[3] == '-' ? Frame::Partial() : Frame::Whole(line.size());
  });
}

int CodeOf(std::string_view reply) { return (reply[0] - '0') * 100 + (reply[1] - '0') * 10 + (reply[2] - '0'); }

std::string_view TakeLine(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n') + 1);
  text.remove_prefix(line.size());
  return line;
}

std::vector<std::string_view> LinesOf(std::string_view unit) {
  std::vector<std::string_view> lines;
  while (!unit.empty()) lines.push_back(TakeLine(unit));
  return lines;
}

Frame CutDotted(std::string_view in, Scan& scan) {
  return CutUnitOfLines(in, scan, [in](std::string_view line) {
    const bool first = line.data() == in.data();
    return !first && line == kFinal ? Frame::Whole(line.size()) : Frame::Partial();
  });
}

Frame CutBody(std::string_view in, bool line_start) {
  constexpr std::string_view kEnd = "\r\n.\r\n";
  if (line_start) {
    if (in.substr(0, kFinal.size()) == kFinal) return Frame::Whole(kFinal.size());
    if (kFinal.substr(0, in.size()) == in) return Frame::Partial();
  }
  const size_t end = in.find(kEnd);
  if (end != std::string_view::npos) return Frame::Whole(end + 2);
  size_t held = std::min(in.size(), kEnd.size() - 1);  // the longest suffix that may start the final CRLF, dot, CRLF
  while (in.substr(in.size() - held) != kEnd.substr(0, held)) --held;
  return held == in.size() ? Frame::Partial() : Frame::Whole(in.size() - held);
}

bool DottedHas(std::string_view list, std::string_view word) { return DottedWithout(list, word).size() != list.size(); }

std::vector<std::string> DottedLines(std::string_view list) {
  std::vector<std::string> lines;
  TakeLine(list);
  while (list.size() > kFinal.size()) lines.emplace_back(Content(TakeLine(list)));
  return lines;
}

std::string DottedWithout(std::string_view list, std::string_view word) {
  std::string rest(TakeLine(list));
  while (!list.empty()) {
    const std::string_view line = TakeLine(list);
    if (!BeginsWith(line, word)) rest += line;
  }
  return rest;
}

std::string DottedWith(std::string_view list, std::string_view word) {
  std::string with = DottedWithout(list, word);
  return with.insert(with.size() - kFinal.size(), fmt::format("{}\r\n", word));
}

}  // namespace starlock::protocol
