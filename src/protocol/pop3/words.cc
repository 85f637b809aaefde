#include "protocol/pop3/words.h"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/core/goodbye.h"
#include "protocol/text/lines.h"

namespace starlock::protocol::pop3 {
namespace {

// Whether `line` is `status`, with or without text after it.
bool HasStatus(std::string_view line, std::string_view status) {
  if (line.substr(0, status.size()) != status) return false;
  const std::string_view next = line.substr(status.size(), 1);
  return next == " " || next == "\r" || next == "\t";
}

}  // namespace

Command Parse(std::string_view line) {
  static constexpr KnownWord<Verb> kKnown[] = {
      {"CAPA", Verb::kCapa},  {"STLS", Verb::kStls}, {"NOOP", Verb::kNoop}, {"QUIT", Verb::kQuit},
      {"UTF8", Verb::kUtf8},  {"LANG", Verb::kLang}, {"USER", Verb::kUser}, {"PASS", Verb::kLogin},
      {"APOP", Verb::kLogin}, {"AUTH", Verb::kAuth},
  };
  const VerbLine command = SplitVerb(line, IsLetterOrDigit);
  return {FindVerb(kKnown, command.verb, Verb::kOther), SkipSpaces(command.rest)};
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
  return CutByFirstLine(
      in, scan, [](std::string_view text, Scan& of_line) { return CutStatus(text, of_line); }, IsOk, CutDotted);
}

std::string Goodbye(const Env& env, const Failure& failure) {
  const GoodbyeKind kind = GoodbyeFor(failure);
  if (kind == GoodbyeKind::kSyntax) return fmt::format("-ERR Syntax error: {}\r\n", failure.why);
  return fmt::format("-ERR [SYS/TEMP] {} {}\r\n", env.host, GoodbyeText(kind));
}

}  // namespace starlock::protocol::pop3
