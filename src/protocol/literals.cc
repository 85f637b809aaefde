#include "protocol/literals.h"

#include <algorithm>
#include <cstdint>

#include "protocol/cutters.h"

namespace starlock::protocol {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsControl(char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }

/// A literal's count, at the `{` where it stands.
struct Count {
  Frame frame;  ///< kWhole: up to the octets
  size_t octets = 0;
  bool plus = false;
};

Count ReadCount(std::string_view in) {
  size_t at = 1;
  Count count;
  while (at < in.size() && IsDigit(in[at])) {
    if (at == 2 && in[1] == '0') return {Frame::Bad("a literal's count begins with 0")};
    count.octets = count.octets * 10 + static_cast<size_t>(in[at++] - '0');
    if (count.octets > kMaxUnit) return {Frame::Bad("a literal is too long here")};
  }
  if (at == in.size()) return {Frame::Partial()};
  if (at == 1) return {Frame::Bad("a brace that begins no literal")};
  count.plus = in[at] == '+';
  const std::string_view end = "}\r\n";
  const std::string_view rest = in.substr(at + (count.plus ? 1 : 0), end.size());
  if (rest != end.substr(0, rest.size())) return {Frame::Bad("a brace that begins no literal")};
  count.frame = rest == end ? Frame::Whole(at + (count.plus ? 1 : 0) + end.size()) : Frame::Partial();
  return count;
}

// The size of the quoted string that begins `in`.
Frame CutQuoted(std::string_view in) {
  for (size_t at = 1; at < in.size(); ++at) {
    if (in[at] == '"') return Frame::Whole(at + 1);
    if (in[at] == '\\' && ++at == in.size()) break;
    if (in[at] == '\0' || in[at] == '\r' || in[at] == '\n') return Frame::Bad("a line end or NUL inside quotes");
  }
  return Frame::Partial();
}

enum class Plain { kRefused, kWaits, kFollows };

/// Where a unit ends, and what its last count waits to send.
struct Scanned {
  Frame frame;
  bool waits = false;
  size_t owed = 0;
};

Scanned Scan(std::string_view in, Plain plain, size_t owed) {
  size_t at = owed;
  bool may_begin = true;  // a string: nothing but a blank or a parenthesis stands before it
  if (owed > 0) may_begin = false;
  while (at < in.size()) {
    const char c = in[at];
    if (c == '\r') {
      if (at + 1 == in.size()) break;
      return {in[at + 1] == '\n' ? Frame::Whole(at + 2) : Frame::Bad("CR without LF behind it")};
    }
    if (IsControl(c)) return {Frame::Bad("a control character outside strings")};
    if (c == '"' || c == '{') {
      if (!may_begin) return {Frame::Bad("a string in the midst of a word")};
      may_begin = false;
    } else {
      may_begin = c == ' ' || c == '(';
      ++at;
      continue;
    }
    if (c == '"') {
      const Frame quoted = CutQuoted(in.substr(at));
      if (quoted.kind != Frame::Kind::kWhole) return {quoted};
      at += quoted.size;
      continue;
    }
    const Count count = ReadCount(in.substr(at));
    if (count.frame.kind != Frame::Kind::kWhole) return {count.frame};
    at += count.frame.size;
    if (!count.plus && plain == Plain::kRefused) return {Frame::Bad("a literal without a plus")};
    if (!count.plus && plain == Plain::kWaits) return {Frame::Whole(at), true, count.octets};
    at += count.octets;
  }
  return {Frame::Partial()};
}

// A quoted string without its quotes and backslashes.
std::string Unquoted(std::string_view raw) {
  std::string value;
  for (size_t at = 1; at + 1 < raw.size(); ++at) {
    if (raw[at] == '\\') ++at;
    value += raw[at];
  }
  return value;
}

Token Take(std::string_view& unit, Token::Kind kind, size_t size) {
  Token token{kind, unit.substr(0, size), {}};
  unit.remove_prefix(token.raw.size());
  return token;
}

Token TakeLiteral(std::string_view& unit) {
  const Count count = ReadCount(unit);
  const size_t head = count.frame.kind == Frame::Kind::kWhole ? count.frame.size : 1;
  Token token = Take(unit, Token::Kind::kString, head + count.octets);
  token.value = token.raw.substr(std::min(head, token.raw.size()));
  return token;
}

}  // namespace

Frame CutCommandWithLiterals(std::string_view in, PlainLiteral plain, size_t owed) {
  return Scan(in, plain == PlainLiteral::kRefused ? Plain::kRefused : Plain::kWaits, owed).frame;
}

size_t OwedLiteral(std::string_view command, size_t owed) { return Scan(command, Plain::kWaits, owed).owed; }

bool EndsInCount(std::string_view command, size_t owed) { return Scan(command, Plain::kWaits, owed).waits; }

Frame CutAnswerWithLiterals(std::string_view in) { return Scan(in, Plain::kFollows, 0).frame; }

bool Token::Is(std::string_view word) const {
  return (kind == Kind::kAtom || kind == Kind::kString) && EqualsNoCase(value, word);
}

Token TakeToken(std::string_view& unit) {
  unit.remove_prefix(std::min(unit.find_first_not_of(' '), unit.size()));
  if (unit.empty() || unit.front() == '\r') return {};
  switch (unit.front()) {
    case '(':
      return Take(unit, Token::Kind::kOpen, 1);
    case ')':
      return Take(unit, Token::Kind::kClose, 1);
    case '{':
      return TakeLiteral(unit);
    case '"': {
      const Frame quoted = CutQuoted(unit);
      Token token = Take(unit, Token::Kind::kString, quoted.kind == Frame::Kind::kWhole ? quoted.size : unit.size());
      token.value = Unquoted(token.raw);
      return token;
    }
    default: {
      Token token = Take(unit, Token::Kind::kAtom, std::min(unit.find_first_of(" ()\r"), unit.size()));
      token.value = token.raw;
      return token;
    }
  }
}

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace starlock::protocol
