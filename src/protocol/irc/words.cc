#include "protocol/irc/words.h"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/core/goodbye.h"
#include "protocol/text/lines.h"

namespace starlock::protocol::irc {
namespace {

// `tls`, with any value or modifier.
bool IsTls(std::string_view capability) {
  while (!capability.empty() && std::string_view("-~=").find(capability.front()) != std::string_view::npos) {
    capability.remove_prefix(1);
  }
  return EqualsNoCase(capability.substr(0, capability.find('=')), "tls");
}

}  // namespace

bool Message::Is(std::string_view word) const { return EqualsNoCase(command, word); }

Message Parse(std::string_view line) {
  std::string_view rest = SkipBlanks(Content(line));
  for (const char mark : {'@', ':'}) {
    if (rest.empty() || rest.front() != mark) continue;
    TakeWord(rest);
    rest = SkipBlanks(rest);
  }
  const VerbLine command = SplitVerb(rest, IsLetterOrDigit);
  return {command.verb, SkipBlanks(command.rest), IsDisguised(rest, "STARTTLS")};
}

Frame CutLines(std::string_view in, Scan& scan) {
  return CutUnitOfLines(in, scan, [in](std::string_view line) {
    const bool last = line.data() + line.size() == in.data() + in.size();
    return last ? Frame::Whole(line.size()) : Frame::Partial();
  });
}

Verb VerbOf(const Message& message) {
  static constexpr KnownWord<Verb> kKnown[] = {
      {"STARTTLS", Verb::kStarttls}, {"PING", Verb::kPing}, {"PONG", Verb::kPong},
      {"NOTICE", Verb::kNotice},     {"QUIT", Verb::kQuit}, {"AUTHENTICATE", Verb::kAuthenticate},
  };
  static constexpr KnownWord<Verb> kSubcommands[] = {
      {"LS", Verb::kCapLs}, {"LIST", Verb::kCapList}, {"REQ", Verb::kCapReq}, {"END", Verb::kCapEnd}};
  if (!message.Is("CAP")) return FindVerb(kKnown, message.command, Verb::kOther);
  std::string_view rest = message.rest;
  return FindVerb(kSubcommands, TakeParameter(rest), Verb::kOther);
}

std::string_view TakeParameter(std::string_view& rest) {
  if (rest.empty() || rest.front() != ':') return TakeWord(rest);
  const std::string_view last = rest.substr(1);
  rest = {};
  return last;
}

CapAnswer ParseCap(const Message& message) {
  std::string_view rest = message.rest;
  TakeParameter(rest);  // the nick, or an asterisk
  CapAnswer answer;
  answer.sub = TakeParameter(rest);
  std::string_view after = rest;
  if (TakeWord(after) == "*" && !after.empty()) {
    answer.more = true;
    rest = after;
  }
  answer.colon = !rest.empty() && rest.front() == ':';
  answer.list = answer.colon ? rest.substr(1) : rest;
  return answer;
}

std::vector<std::string_view> Capabilities(std::string_view list) {
  std::vector<std::string_view> found;
  for (list = SkipBlanks(list); !list.empty();) found.push_back(TakeWord(list));
  return found;
}

bool IsRefusal(const Message& message) {
  return message.Is("409") || message.Is("410") || message.Is("421") || message.Is("451") || message.Is("461");
}

bool HasTls(std::string_view list) {
  const auto found = Capabilities(list);
  return std::any_of(found.begin(), found.end(), IsTls);
}

std::string CapLineWith(std::string_view line, const CapAnswer& answer, bool offer) {
  if (HasTls(answer.list) == offer) return std::string(line);
  // If the list is missing, it counts as empty, and starts after the line's text.
  const size_t start =
      answer.list.empty() ? Content(line).size() : static_cast<size_t>(answer.list.data() - line.data());
  std::string list;
  for (std::string_view rest = answer.list; !rest.empty();) {
    const size_t blanks = std::min(rest.find_first_not_of(" \t"), rest.size());
    const size_t end = std::min(rest.find_first_of(" \t", blanks), rest.size());
    if (!IsTls(rest.substr(blanks, end - blanks))) list += rest.substr(0, end);
    rest.remove_prefix(end);
  }
  if (!answer.list.empty() && answer.list.front() != ' ' && !list.empty() && list.front() == ' ') list.erase(0, 1);
  std::string edited(line.substr(0, start));
  if (offer && !answer.colon) edited += answer.list.empty() ? " :" : ":";
  edited += list;
  if (offer) edited += list.empty() ? "tls" : " tls";
  return edited.append(line.substr(start + answer.list.size()));
}

std::string ClosingLink(const Env& env, std::string_view reason) {
  return fmt::format("ERROR :Closing Link: {} ({})\r\n", env.host, reason);
}

std::string Goodbye(const Env& env, const Failure& failure) {
  const GoodbyeKind kind = GoodbyeFor(failure);
  if (kind == GoodbyeKind::kSyntax) return ClosingLink(env, fmt::format("Syntax error: {}", failure.why));
  if (kind == GoodbyeKind::kTlsRequired) return ClosingLink(env, "TLS is required: send STARTTLS first");
  return ClosingLink(env, GoodbyeText(kind));
}

std::string GoAhead(const Env& env) {
  return fmt::format(":{} 670 * :STARTTLS successful, proceed with TLS handshake\r\n", env.host);
}

std::string NotNow(const Env& env, std::string_view why) {
  return fmt::format(":{} 691 * :STARTTLS failed: {}\r\n", env.host, why);
}

std::string Unknown(const Env& env) { return fmt::format(":{} 421 * STARTTLS :Unknown command\r\n", env.host); }

}  // namespace starlock::protocol::irc
