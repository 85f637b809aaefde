#include "protocol/cutters.h"

#include <algorithm>

namespace starlock::protocol {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

constexpr char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool IsReplyLine(std::string_view line) {
  if (line.size() < 5 || !IsDigit(line[0]) || !IsDigit(line[1]) || !IsDigit(line[2])) return false;
  return line[3] == ' ' || line[3] == '-' || line.substr(3) == "\r\n";
}

}  // namespace

Frame CutLine(std::string_view in) {
  constexpr size_t kNone = std::string_view::npos;
  // Three plain searches: a line that comes byte by byte is looked at from its start each time.
  const size_t lf = in.find('\n');
  const size_t cr = in.substr(0, lf).find('\r');
  if (in.substr(0, std::min(lf, cr)).find('\0') != kNone) return Frame::Bad("NUL in a line");
  if (cr == kNone) return lf == kNone ? Frame::Partial() : Frame::Bad("LF without CR before it");
  if (cr + 1 == in.size()) return Frame::Partial();
  return in[cr + 1] == '\n' ? Frame::Whole(cr + 2) : Frame::Bad("CR without LF behind it");
}

Frame CutSmtpReply(std::string_view in) {
  for (size_t at = 0;;) {
    const Frame line = CutLine(in.substr(at));
    if (line.kind != Frame::Kind::kWhole) return line;
    const std::string_view text = in.substr(at, line.size);
    if (!IsReplyLine(text)) return Frame::Bad("not a reply");
    if (text.substr(0, 3) != in.substr(0, 3)) return Frame::Bad("the lines of a reply have different codes");
    at += line.size;
    if (text[3] != '-') return Frame::Whole(at);
  }
}

bool EqualsNoCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return Lower(x) == Lower(y); });
}

std::string_view Content(std::string_view line) {
  const size_t last = line.find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? std::string_view() : line.substr(0, last + 1);
}

std::string_view TakeWord(std::string_view& text) {
  const size_t end = std::min(text.find_first_of(" \t"), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(text.find_first_not_of(" \t", end), text.size()));
  return word;
}

}  // namespace starlock::protocol
