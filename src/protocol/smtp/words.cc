#include "protocol/smtp/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "protocol/core/goodbye.h"
#include "protocol/core/harmless.h"
#include "protocol/text/lines.h"

namespace starlock::protocol::smtp {
namespace {

constexpr size_t kMaxName = 255;  // RFC 5321 4.5.3.1.2
constexpr uint64_t kMaxChunk = 0x7fffffff;

// Whether a line of a reply to EHLO lists this extension.
bool Lists(std::string_view line, std::string_view extension) {
  line = Content(line);
  line.remove_prefix(std::min<size_t>(line.size(), 4));
  std::string_view text = SkipBlanks(line);
  return EqualsNoCase(TakeWord(text), extension);
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
      {"HELO", Verb::kHelo}, {"STARTTLS", Verb::kStarttls}, {"MAIL", Verb::kMail},      {"RCPT", Verb::kRcpt},
      {"DATA", Verb::kData}, {"BDAT", Verb::kBdat},         {"RSET", Verb::kRset},      {"AUTH", Verb::kAuth},
      {"NOOP", Verb::kNoop}, {"HELP", Verb::kQuery},        {"VRFY", Verb::kQuery},     {"QUIT", Verb::kQuit},
      {"TURN", Verb::kTurn}, {"ATRN", Verb::kTurn},         {"XCLIENT", Verb::kOrigin}, {"XFORWARD", Verb::kOrigin},
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

// A server that reads the size otherwise would execute a part of the chunk: no blanks, no octal, no overflow.
std::optional<Chunk> ChunkOf(std::string_view line) {
  if (!IsPlainLine(line) || !TakeExactly(line, {"BDAT"})) return std::nullopt;
  Chunk chunk;
  const std::string_view text = Content(line);
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, chunk.size);
  if (error != std::errc() || chunk.size > kMaxChunk) return std::nullopt;
  if (text.front() == '0' && rest != text.data() + 1) return std::nullopt;
  const std::string_view tail = line.substr(static_cast<size_t>(rest - text.data()));
  chunk.last = IsExactly(tail, {" LAST"});
  return chunk.last || IsExactly(tail, {""}) ? std::optional(chunk) : std::nullopt;
}

bool MayAddLayer(std::string_view argument) {
  constexpr std::string_view kWithoutLayer[] = {"PLAIN",     "LOGIN",       "CRAM-MD5", "EXTERNAL",
                                                "ANONYMOUS", "OAUTHBEARER", "XOAUTH2",  "NTLM"};
  argument = SkipBlanks(argument);
  const std::string_view mechanism = TakeWord(argument);
  return !EqualsNoCase(mechanism.substr(0, 6), "SCRAM-") &&
         std::none_of(std::begin(kWithoutLayer), std::end(kWithoutLayer),
                      [mechanism](std::string_view known) { return EqualsNoCase(mechanism, known); });
}

bool Offers(std::string_view reply, std::string_view extension) {
  const auto lines = LinesOf(reply);
  for (size_t i = 1; i < lines.size(); ++i) {
    if (Lists(lines[i], extension)) return true;
  }
  return false;
}

std::string ForClient(std::string_view reply, bool offer) {
  std::vector<std::string_view> lines = LinesOf(reply);
  const auto hidden = [](std::string_view line) {
    return Lists(line, "STARTTLS") || Lists(line, "XCLIENT") || Lists(line, "XFORWARD");
  };
  lines.erase(std::remove_if(lines.begin() + 1, lines.end(), hidden), lines.end());
  if (offer) lines.insert(lines.begin() + 1, "250 STARTTLS\r\n");
  return Join(lines);
}

}  // namespace starlock::protocol::smtp
