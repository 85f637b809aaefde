#include "protocol/nntp/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "protocol/core/goodbye.h"
#include "protocol/text/lines.h"

namespace starlock::protocol::nntp {

Command Parse(std::string_view line) {
  static constexpr KnownWord<Verb> kKnown[] = {
      {"CAPABILITIES", Verb::kCapabilities},
      {"STARTTLS", Verb::kStarttls},
      {"HELP", Verb::kQuery},
      {"DATE", Verb::kQuery},
      {"QUIT", Verb::kQuit},
      {"AUTHINFO", Verb::kAuthinfo},
      {"LISTGROUP", Verb::kListgroup},
      {"TAKETHIS", Verb::kTakethis},
      {"COMPRESS", Verb::kCompress},
      {"XFEATURE", Verb::kCompress},
      {"POST", Verb::kPost},
      {"IHAVE", Verb::kPost},
  };
  const VerbLine command = SplitVerb(line, IsLetterOrDigit);
  const std::string_view argument = SkipSpaces(command.rest);
  if (!EqualsNoCase(command.verb, "MODE")) return {FindVerb(kKnown, command.verb, Verb::kOther), argument};
  return {EqualsNoCase(argument, "READER") ? Verb::kModeReader : Verb::kOther, argument};
}

bool Greets(std::string_view greeting) { return CodeOf(greeting) == 200 || CodeOf(greeting) == 201; }

Frame CutStatus(std::string_view in, Scan& scan) {
  const Frame line = CutLine(in, scan);
  if (line.kind != Frame::Kind::kWhole) return line;
  const bool code = line.size >= 5 && IsDigit(in[0]) && IsDigit(in[1]) && IsDigit(in[2]);
  return code && (in[3] == ' ' || in[3] == '\r') ? line : Frame::Bad("not a reply");
}

Frame CutCapabilities(std::string_view in, Scan& scan) {
  return CutByFirstLine(
      in, scan, CutStatus, [](std::string_view line) { return CodeOf(line) == 101; }, CutDotted);
}

bool HasBody(int code, Verb asked) {
  static constexpr int kWithBody[] = {100, 101, 215, 218, 220, 221, 222, 224, 225, 230, 231, 282, 288};
  if (code == 211) return asked == Verb::kListgroup;
  return std::find(std::begin(kWithBody), std::end(kWithBody), code) != std::end(kWithBody);
}

std::string Goodbye(const Env& env, const Failure& failure) {
  const GoodbyeKind kind = GoodbyeFor(failure);
  if (kind == GoodbyeKind::kSyntax) return fmt::format("501 Syntax error: {}\r\n", failure.why);
  return fmt::format("400 {} {}\r\n", env.host, GoodbyeText(kind));
}

}  // namespace starlock::protocol::nntp
