#include "protocol/smtp/words.h"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/core/goodbye.h"
#include "protocol/text/lines.h"

namespace starlock::protocol::smtp {
namespace {

constexpr size_t kMaxName = 255;  // RFC 5321 4.5.3.1.2

bool IsStarttlsLine(std::string_view line) {
  line = Content(line);
  line.remove_prefix(std::min<size_t>(line.size(), 4));
  std::string_view text = SkipBlanks(line);
  return EqualsNoCase(TakeWord(text), "STARTTLS");
}

// Joins lines to one reply: all but the last get the mark `-`.
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
  static constexpr KnownWord<Verb> kKnown[] = {
      {"HELO", Verb::kHelo},  {"STARTTLS", Verb::kStarttls}, {"NOOP", Verb::kNoop}, {"RSET", Verb::kNoop},
      {"HELP", Verb::kQuery}, {"VRFY", Verb::kQuery},        {"QUIT", Verb::kQuit}, {"MAIL", Verb::kMail},
      {"AUTH", Verb::kAuth},  {"XCLIENT", Verb::kXclient},
  };
  const VerbLine command = SplitVerb(line, IsLetter);
  const Verb verb = EqualsNoCase(command.verb, hello) ? Verb::kEhlo : FindVerb(kKnown, command.verb, Verb::kOther);
  return {verb, command.rest};
}

std::string NameIn(std::string_view greeting, const std::string& ours) {
  std::string_view line = Content(greeting.substr(0, greeting.find('\n')));
  line.remove_prefix(std::min<size_t>(line.size(), 4));
  const std::string_view name = TakeWord(line);
  return name.empty() || name.size() > kMaxName ? ours : std::string(name);
}

std::string Goodbye(const Env& env, const Failure& failure) {
  static constexpr ByGoodbye<std::string_view> kCodes = {
      .syntax = "5.5.2",
      .timeout = "4.4.2",
      .drained = "4.3.2",
      .limit = "4.7.0",
      .tls_required = "4.7.0",
      .no_tls = "4.7.5",
      .unavailable = "4.4.1",
  };
  const GoodbyeKind kind = GoodbyeFor(failure);
  const std::string_view code = kCodes[kind];
  if (kind == GoodbyeKind::kSyntax) return fmt::format("500 {} Syntax error: {}\r\n", code, failure.why);
  return fmt::format("421 {} {} {}\r\n", code, env.host, GoodbyeText(kind));
}

std::vector<std::string> ExtensionsIn(std::string_view reply) {
  const auto lines = LinesOf(reply);
  std::vector<std::string> extensions;
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::string_view line = Content(lines[i]);
    extensions.emplace_back(line.substr(std::min<size_t>(line.size(), 4)));
  }
  return extensions;
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
