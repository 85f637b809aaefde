#include "protocol/smtp/words.h"

#include <algorithm>
#include <vector>

#include "protocol/text/cutters.h"

namespace starlock::protocol::smtp {
namespace {

std::vector<std::string_view> LinesOf(std::string_view reply) {
  std::vector<std::string_view> lines;
  while (!reply.empty()) {
    const size_t size = reply.find('\n') + 1;
    lines.push_back(reply.substr(0, size));
    reply.remove_prefix(size);
  }
  return lines;
}

constexpr size_t kMaxName = 255;  // RFC 5321 4.5.3.1.2

bool IsLetter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

std::string_view SkipBlanks(std::string_view text) {
  while (!text.empty() && text.front() >= 0 && text.front() <= ' ') text.remove_prefix(1);
  return text;
}

bool IsStarttlsLine(std::string_view line) {
  line = Content(line);
  line.remove_prefix(std::min<size_t>(line.size(), 4));
  std::string_view text = SkipBlanks(line);
  return EqualsNoCase(TakeWord(text), "STARTTLS");
}

// The lines as one reply again: all but the last are marked as followed by another.
std::string Join(const std::vector<std::string_view>& lines) {
  std::string reply;
  for (size_t i = 0; i < lines.size(); ++i) {
    const size_t mark = reply.size() + 3;
    reply += lines[i];
    if (i + 1 < lines.size()) {
      if (reply[mark] == '\r') reply.insert(mark, 1, '-');
      reply[mark] = '-';
    } else if (reply[mark] == '-') {
      reply[mark] = ' ';
    }
  }
  return reply;
}

}  // namespace

Command Parse(std::string_view line, std::string_view hello) {
  struct Known {
    std::string_view word;
    Verb verb;
  };
  static constexpr Known kKnown[] = {
      {"HELO", Verb::kHelo},  {"STARTTLS", Verb::kStarttls}, {"NOOP", Verb::kNoop}, {"RSET", Verb::kNoop},
      {"HELP", Verb::kQuery}, {"VRFY", Verb::kQuery},        {"QUIT", Verb::kQuit}, {"MAIL", Verb::kMail},
      {"AUTH", Verb::kAuth},  {"XCLIENT", Verb::kXclient},
  };
  std::string_view rest = SkipBlanks(Content(line));
  const auto end = std::find_if_not(rest.begin(), rest.end(), IsLetter);
  const std::string_view word = rest.substr(0, static_cast<size_t>(end - rest.begin()));
  rest.remove_prefix(word.size());
  if (EqualsNoCase(word, hello)) return {Verb::kEhlo, rest};
  for (const Known& known : kKnown) {
    if (EqualsNoCase(word, known.word)) return {known.verb, rest};
  }
  return {Verb::kOther, rest};
}

int CodeOf(std::string_view reply) { return (reply[0] - '0') * 100 + (reply[1] - '0') * 10 + (reply[2] - '0'); }

std::string NameIn(std::string_view greeting, const std::string& ours) {
  std::string_view line = Content(greeting.substr(0, greeting.find('\n')));
  line.remove_prefix(std::min<size_t>(line.size(), 4));
  const std::string_view name = TakeWord(line);
  return name.empty() || name.size() > kMaxName ? ours : std::string(name);
}

std::string Goodbye(const Env& env, const Failure& failure) {
  if (failure.blame == Blame::kClient && failure.end == End::kProtocolError) {
    return "500 5.5.2 Syntax error: " + std::string(failure.why) + "\r\n";
  }
  std::string_view code = "4.4.1";
  std::string_view text = "The server behind is not available";
  switch (failure.end) {
    case End::kTimeout:
    case End::kIdle:
      code = "4.4.2";
      text = "Timeout";
      break;
    case End::kDrained:
      code = "4.3.2";
      text = "Shutting down";
      break;
    case End::kLimit:
      code = "4.7.0";
      text = "Too many connections or commands, try again later";
      break;
    case End::kStarttlsNotOffered:
    case End::kStarttlsRefused:
    case End::kPlaintextAfterStarttls:
    case End::kHandshakeFailed:
    case End::kVerifyFailed:
      code = "4.7.5";
      text = "No secure connection to the server behind";
      break;
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
  return "421 " + std::string(code) + " " + env.host + " " + std::string(text) + "\r\n";
}

bool OffersStarttls(std::string_view reply) {
  const auto lines = LinesOf(reply);
  for (size_t i = 1; i < lines.size(); ++i) {
    if (IsStarttlsLine(lines[i])) return true;
  }
  return false;
}

std::string WithoutStarttls(std::string_view reply) {
  auto lines = LinesOf(reply);
  for (size_t i = lines.size() - 1; i > 0; --i) {
    if (IsStarttlsLine(lines[i])) lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return Join(lines);
}

std::string WithStarttls(std::string_view reply) {
  const std::string bare = WithoutStarttls(reply);
  auto lines = LinesOf(bare);
  lines.insert(lines.begin() + 1, "250 STARTTLS\r\n");
  return Join(lines);
}

}  // namespace starlock::protocol::smtp
