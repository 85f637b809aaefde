#include "protocol/pop3/words.h"

#include <algorithm>

#include "protocol/text/cutters.h"

namespace starlock::protocol::pop3 {
namespace {

bool IsOfWord(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

std::string_view SkipBlanks(std::string_view text) {
  while (!text.empty() && text.front() >= 0 && text.front() <= ' ') text.remove_prefix(1);
  return text;
}

// Whether `line` is `status`, alone or with text behind it.
bool HasStatus(std::string_view line, std::string_view status) {
  if (line.substr(0, status.size()) != status) return false;
  const std::string_view next = line.substr(status.size(), 1);
  return next == " " || next == "\r" || next == "\t";
}

std::string_view Reason(End end) {
  switch (end) {
    case End::kTimeout:
    case End::kIdle:
      return "Timeout";
    case End::kDrained:
      return "Shutting down";
    case End::kLimit:
      return "Too many connections or commands, try again later";
    case End::kStarttlsNotOffered:
    case End::kStarttlsRefused:
    case End::kPlaintextAfterStarttls:
    case End::kHandshakeFailed:
    case End::kVerifyFailed:
      return "No secure connection to the server behind";
    case End::kClosed:
    case End::kTruncated:
    case End::kReset:
    case End::kConnectFailed:
    case End::kResolveFailed:
    case End::kTlsRequired:
    case End::kProtocolError:
    case End::kInternal:
      break;
  }
  return "The server behind is not available";
}

}  // namespace

Command Parse(std::string_view line) {
  struct Known {
    std::string_view word;
    Verb verb;
  };
  static constexpr Known kKnown[] = {
      {"CAPA", Verb::kCapa},  {"STLS", Verb::kStls}, {"NOOP", Verb::kNoop}, {"QUIT", Verb::kQuit},
      {"UTF8", Verb::kUtf8},  {"LANG", Verb::kLang}, {"USER", Verb::kUser}, {"PASS", Verb::kLogin},
      {"APOP", Verb::kLogin}, {"AUTH", Verb::kAuth},
  };
  std::string_view rest = SkipBlanks(Content(line));
  const auto end = std::find_if_not(rest.begin(), rest.end(), IsOfWord);
  const std::string_view word = rest.substr(0, static_cast<size_t>(end - rest.begin()));
  rest = SkipBlanks(rest.substr(word.size()));
  for (const Known& known : kKnown) {
    if (EqualsNoCase(word, known.word)) return {known.verb, rest};
  }
  return {Verb::kOther, rest};
}

bool IsOk(std::string_view reply) { return HasStatus(reply, "+OK"); }
bool IsErr(std::string_view reply) { return HasStatus(reply, "-ERR"); }

Frame CutStatus(std::string_view in, Scan& scan, bool in_auth) {
  const Frame line = CutLine(in, scan);
  if (line.kind != Frame::Kind::kWhole || IsOk(in) || IsErr(in)) return line;
  const bool challenge = HasStatus(in, "+");
  return in_auth && challenge ? line : Frame::Bad("not a reply");
}

Frame CutList(std::string_view in, Scan& scan) {
  if (scan.line > 0) return CutDotted(in, scan);  // behind the first line
  Scan of_first_line = scan;
  const Frame line = CutStatus(in, of_first_line);
  scan.looked = of_first_line.looked;
  return line.kind == Frame::Kind::kWhole && IsOk(in) ? CutDotted(in, scan) : line;
}

std::string Goodbye(const Env& env, const Failure& failure) {
  if (failure.blame == Blame::kClient && failure.end == End::kProtocolError) {
    return "-ERR Syntax error: " + std::string(failure.why) + "\r\n";
  }
  return "-ERR [SYS/TEMP] " + env.host + " " + std::string(Reason(failure.end)) + "\r\n";
}

}  // namespace starlock::protocol::pop3
