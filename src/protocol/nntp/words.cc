#include "protocol/nntp/words.h"

#include <algorithm>
#include <iterator>

#include "protocol/text/cutters.h"

namespace starlock::protocol::nntp {
namespace {

bool IsOfWord(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

std::string_view SkipBlanks(std::string_view text) {
  while (!text.empty() && text.front() >= 0 && text.front() <= ' ') text.remove_prefix(1);
  return text;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

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
  std::string_view rest = SkipBlanks(Content(line));
  const auto end = std::find_if_not(rest.begin(), rest.end(), IsOfWord);
  const std::string_view word = rest.substr(0, static_cast<size_t>(end - rest.begin()));
  rest = SkipBlanks(rest.substr(word.size()));
  if (EqualsNoCase(word, "MODE")) return {EqualsNoCase(rest, "READER") ? Verb::kModeReader : Verb::kOther, rest};
  for (const Known& known : kKnown) {
    if (EqualsNoCase(word, known.word)) return {known.verb, rest};
  }
  return {Verb::kOther, rest};
}

int CodeOf(std::string_view reply) { return (reply[0] - '0') * 100 + (reply[1] - '0') * 10 + (reply[2] - '0'); }

bool Greets(std::string_view greeting) { return CodeOf(greeting) == 200 || CodeOf(greeting) == 201; }

Frame CutStatus(std::string_view in, Scan& scan) {
  const Frame line = CutLine(in, scan);
  if (line.kind != Frame::Kind::kWhole) return line;
  const bool code = line.size >= 5 && IsDigit(in[0]) && IsDigit(in[1]) && IsDigit(in[2]);
  return code && (in[3] == ' ' || in[3] == '\r') ? line : Frame::Bad("not a reply");
}

Frame CutCapabilities(std::string_view in, Scan& scan) {
  if (scan.line > 0) return CutDotted(in, scan);  // behind the first line
  Scan of_first_line = scan;
  const Frame line = CutStatus(in, of_first_line);
  scan.looked = of_first_line.looked;
  return line.kind == Frame::Kind::kWhole && CodeOf(in) == 101 ? CutDotted(in, scan) : line;
}

bool HasBody(int code, Verb asked) {
  static constexpr int kWithBody[] = {100, 101, 215, 218, 220, 221, 222, 224, 225, 230, 231, 282, 288};
  if (code == 211) return asked == Verb::kListgroup;
  return std::find(std::begin(kWithBody), std::end(kWithBody), code) != std::end(kWithBody);
}

std::string Goodbye(const Env& env, const Failure& failure) {
  if (failure.blame == Blame::kClient && failure.end == End::kProtocolError) {
    return "501 Syntax error: " + std::string(failure.why) + "\r\n";
  }
  return "400 " + env.host + " " + std::string(Reason(failure.end)) + "\r\n";
}

}  // namespace starlock::protocol::nntp
