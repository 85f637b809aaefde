#include "protocol/text/literals.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "protocol/text/lines.h"
#include "protocol/text/words.h"

namespace starlock::protocol {
namespace {

// RFC 9051 allows literal sizes of 63 bits, but some servers use 32.
constexpr size_t kMaxDigits = 9;

/// The announcement of a literal, `{n}CRLF` or `{n+}CRLF`.
struct Mark {
  Frame frame;  ///< kWhole: up to the literal's octets
  std::string_view digits;
  bool plus = false;

  bool countable() const { return digits.size() <= kMaxDigits; }
  uint64_t octets() const {
    uint64_t number = 0;
    for (const char digit : digits) number = number * 10 + static_cast<uint64_t>(digit - '0');
    return number;
  }
};

Mark ReadMark(std::string_view in) {
  constexpr std::string_view kEnd = "}\r\n";
  size_t at = 1;
  while (at < in.size() && IsDigit(in[at])) ++at;
  Mark mark{Frame::Partial(), in.substr(1, at - 1)};
  if (at == in.size()) return mark;
  mark.plus = in[at] == '+';
  if (mark.plus) ++at;
  const std::string_view end = in.substr(at, kEnd.size());
  if (mark.digits.empty() || end != kEnd.substr(0, end.size())) {
    mark.frame = Frame::Bad("a brace that does not begin a literal");
  } else if (end == kEnd) {
    mark.frame = Frame::Whole(at + kEnd.size());
  }
  return mark;
}

bool EndsInsideQuotes(std::string_view text) {
  bool inside = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (inside && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      inside = !inside;
    }
  }
  return inside;
}

/// The announcement at the end of a whole line, and the text before it.
struct MarkedLine {
  Mark mark;
  std::string_view before;
};

std::optional<MarkedLine> MarkAtEnd(std::string_view line) {
  const size_t open = line.rfind('{');
  if (open == std::string_view::npos) return std::nullopt;
  const Mark mark = ReadMark(line.substr(open));
  if (mark.frame.kind != Frame::Kind::kWhole || open + mark.frame.size != line.size()) return std::nullopt;
  return MarkedLine{mark, line.substr(0, open)};
}

/// The announcement of a literal in a unit that is kept whole.
struct Announced {
  Frame frame;  ///< kWhole: up to the literal's octets
  size_t octets = 0;
  bool plus = false;
};

Announced ReadAnnounced(std::string_view in) {
  const Mark mark = ReadMark(in);
  if (mark.digits.size() > 1 && mark.digits.front() == '0') return {Frame::Bad("a literal size with a leading zero")};
  if (!mark.countable() || mark.octets() > kMaxUnit) return {Frame::Bad("a literal that is too long")};
  return {mark.frame, static_cast<size_t>(mark.octets()), mark.plus};
}

// Cuts the quoted string at the start of `in`.
Frame CutQuoted(std::string_view in) {
  for (size_t at = 1; at < in.size(); ++at) {
    if (in[at] == '"') return Frame::Whole(at + 1);
    if (in[at] == '\\' && ++at == in.size()) break;
    if (in[at] == '\0' || in[at] == '\r' || in[at] == '\n') return Frame::Bad("a line end or NUL inside quotes");
  }
  return Frame::Partial();
}

enum class Plain { kRefused, kWaits, kFollows };

/// The end of a unit, and the literal that waits there.
struct Scanned {
  Frame frame;
  bool waits = false;
  size_t owed = 0;
};

// `scan.line` is a position from which a later call can resume: after a blank or a parenthesis, outside strings.
Scanned ReadUnit(std::string_view in, Plain plain, size_t owed, Scan& scan) {
  const bool resumes = scan.line > owed;
  size_t at = resumes ? scan.line : owed;
  bool may_begin = resumes || owed == 0;  // a string may begin here: after a blank or a parenthesis
  while (at < in.size()) {
    const char c = in[at];
    if (c == '\r') {
      if (at + 1 == in.size()) break;
      return {in[at + 1] == '\n' ? Frame::Whole(at + 2) : Frame::Bad("CR without LF")};
    }
    if (IsControl(c)) return {Frame::Bad("a control character outside strings")};
    if (c == '"' || c == '{') {
      if (!may_begin) return {Frame::Bad("a quote or brace inside a word")};
      may_begin = false;
    } else {
      may_begin = c == ' ' || c == '(';
      ++at;
      if (may_begin) scan.line = at;
      continue;
    }
    if (c == '"') {
      const Frame quoted = CutQuoted(in.substr(at));
      if (quoted.kind != Frame::Kind::kWhole) return {quoted};
      at += quoted.size;
      continue;
    }
    const Announced literal = ReadAnnounced(in.substr(at));
    if (literal.frame.kind != Frame::Kind::kWhole) return {literal.frame};
    at += literal.frame.size;
    if (!literal.plus && plain == Plain::kRefused) return {Frame::Bad("a literal without a plus")};
    if (!literal.plus && plain == Plain::kWaits) return {Frame::Whole(at), true, literal.octets};
    at += literal.octets;
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
  const Announced literal = ReadAnnounced(unit);
  const size_t head = literal.frame.kind == Frame::Kind::kWhole ? literal.frame.size : 1;
  Token token = Take(unit, Token::Kind::kString, head + literal.octets);
  token.value = token.raw.substr(std::min(head, token.raw.size()));
  return token;
}

}  // namespace

std::optional<Literal> LiteralAtEnd(std::string_view line) {
  const std::optional<MarkedLine> end = MarkAtEnd(line);
  if (!end || EndsInsideQuotes(end->before) || !end->mark.countable()) return std::nullopt;
  return Literal{end->mark.octets(), !end->mark.plus};
}

Frame CutLiteralLine(std::string_view in, Scan& scan) {
  const Frame line = CutLine(in, scan);
  if (line.kind != Frame::Kind::kWhole) return line;
  const std::optional<MarkedLine> end = MarkAtEnd(in.substr(0, line.size));
  if (end && EndsInsideQuotes(end->before)) return Frame::Bad("a literal inside a quoted string");
  if (end && !end->mark.countable()) return Frame::Bad("a literal that is too long");
  return line;
}

Frame CutWithLiterals(std::string_view in, Scan& scan) {
  for (;;) {
    if (in.size() < scan.line) return Frame::Partial();  // in a literal
    Scan of_line{0, scan.looked - scan.line};
    const Frame line = CutLiteralLine(in.substr(scan.line), of_line);
    scan.looked = scan.line + of_line.looked;
    if (line.kind != Frame::Kind::kWhole) return line;
    const std::optional<Literal> literal = LiteralAtEnd(in.substr(scan.line, line.size));
    scan.line += line.size;
    if (!literal) return Frame::Whole(scan.line);
    scan.line += literal->size;
    scan.looked = scan.line;
  }
}

Frame CommandCutter::Cut(std::string_view in, Scan& scan) const {
  return state_ == State::kLiteral ? Frame::Whole(std::min<uint64_t>(in.size(), left_)) : CutLiteralLine(in, scan);
}

void CommandCutter::Use(std::string_view piece) {
  if (state_ == State::kLiteral) {
    left_ -= piece.size();
    if (left_ == 0) state_ = State::kRest;
    return;
  }
  const std::optional<Literal> literal = LiteralAtEnd(piece);
  if (!literal) {
    state_ = State::kBetween;
    return;
  }
  left_ = literal->size;
  if (literal->waits) {
    state_ = State::kWaits;
  } else {
    Allow();
  }
}

void CommandCutter::Allow() { state_ = left_ == 0 ? State::kRest : State::kLiteral; }

Frame CutCommandWithLiterals(std::string_view in, Scan& scan, PlainLiteral plain, size_t owed) {
  return ReadUnit(in, plain == PlainLiteral::kRefused ? Plain::kRefused : Plain::kWaits, owed, scan).frame;
}

size_t OwedLiteral(std::string_view command, size_t owed) {
  Scan scan;
  return ReadUnit(command, Plain::kWaits, owed, scan).owed;
}

bool EndsInLiteral(std::string_view command, size_t owed) {
  Scan scan;
  return ReadUnit(command, Plain::kWaits, owed, scan).waits;
}

Frame CutAnswerWithLiterals(std::string_view in, Scan& scan) { return ReadUnit(in, Plain::kFollows, 0, scan).frame; }

Frame CutAnswerWithLiterals(std::string_view in) {
  Scan scan;
  return CutAnswerWithLiterals(in, scan);
}

bool Token::Is(std::string_view word) const {
  return (kind == Kind::kAtom || kind == Kind::kString) && EqualsNoCase(value, word);
}

WordAndArgument TakeWordAndArgument(std::string_view unit) {
  WordAndArgument taken;
  Token word = TakeToken(unit);
  if (word.kind == Token::Kind::kAtom || word.kind == Token::Kind::kString) taken.word = std::move(word.value);
  Token argument = TakeToken(unit);
  taken.has_argument = argument.kind != Token::Kind::kEnd;
  taken.argument = std::move(argument.value);
  return taken;
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

std::string QuotedLine(std::string_view head, std::string_view text) {
  return fmt::format("{} {}\r\n", head, Quoted(text));
}

}  // namespace starlock::protocol
