#include "protocol/imap/words.h"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/core/goodbye.h"
#include "protocol/text/lines.h"
#include "protocol/text/literals.h"

namespace starlock::protocol::imap {
namespace {

constexpr size_t kNone = std::string_view::npos;
constexpr std::string_view kStarttls = "STARTTLS";

// RFC 9051 9: tag = 1*<any ASTRING-CHAR except "+">.
bool IsTagChar(char c) { return c > ' ' && c < 0x7f && std::string_view("(){%*\"\\+").find(c) == kNone; }

bool IsWordChar(char c) { return IsLetterOrDigit(c) || c == '-' || c == '_' || c == '.'; }

template <typename Is>
bool AllOf(std::string_view text, Is is) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is);
}

// The first line, without CRLF.
std::string_view LineOf(std::string_view unit) { return unit.substr(0, unit.find("\r\n")); }

// Takes what comes before the first blank, and that blank, from `text`.
std::string_view TakeUntilBlank(std::string_view& text) {
  const size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

Verb VerbOf(std::string_view word) {
  static constexpr KnownWord<Verb> kKnown[] = {
      {"CAPABILITY", Verb::kCapability},
      {"NOOP", Verb::kNoop},
      {"ID", Verb::kId},
      {"LOGOUT", Verb::kLogout},
      {"STARTTLS", Verb::kStarttls},
      {"LOGIN", Verb::kLogin},
      {"COMPRESS", Verb::kLogin},
      {"AUTHENTICATE", Verb::kAuthenticate},
  };
  return FindVerb(kKnown, word, Verb::kOther);
}

bool IsStatus(const Response& response) {
  return response.ok() || response.refuses() || response.Is("BYE") || response.Is("PREAUTH");
}

// Removes all response codes at the start of a text. RFC 9051 allows only one, but removing it would promote the next.
std::string_view WithoutCodes(std::string_view text) {
  while (!text.empty() && (text.front() == '[' || text.front() == ' ')) {
    const size_t end = text.front() == ' ' ? 0 : text.find(']');
    text.remove_prefix(end == kNone ? text.size() : end + 1);
  }
  return text;
}

std::string Greeting(std::string_view word, std::string_view code, std::string_view text) {
  const std::string bracketed = code.empty() ? std::string() : fmt::format("[{}] ", code);
  return fmt::format("* {} {}{}\r\n", word, bracketed, text.empty() ? "Ready" : text);
}

// Whether `visit` returns true for one of the capabilities.
template <typename Visit>
bool AnyOf(std::string_view capabilities, Visit visit) {
  for (std::string_view rest = capabilities; !rest.empty();) {
    if (visit(TakeUntilBlank(rest))) return true;
  }
  return false;
}

}  // namespace

bool Response::Is(std::string_view name) const { return EqualsNoCase(word, name); }

Command Parse(std::string_view line) {
  std::string_view rest = LineOf(line);
  const std::string_view tag = TakeUntilBlank(rest);
  if (!AllOf(tag, IsTagChar)) return {};
  Command command{Verb::kMalformed, std::string(tag)};
  const size_t end = std::min(rest.find(' '), rest.size());
  const std::string_view word = rest.substr(0, end);
  if (!AllOf(word, IsWordChar)) return command;
  command.verb = VerbOf(word);
  command.has_argument = end != rest.size();
  if (!command.has_argument) return command;
  rest.remove_prefix(end + 1);
  command.external = command.verb == Verb::kAuthenticate && EqualsNoCase(TakeUntilBlank(rest), "EXTERNAL");
  return command;
}

std::string Tagged(const Command& command, std::string_view text) {
  return fmt::format("{} {}\r\n", command.tag.empty() ? "*" : command.tag, text);
}

Response ParseResponse(std::string_view response) {
  Response parsed;
  std::string_view rest = LineOf(response);
  parsed.tag = TakeUntilBlank(rest);
  parsed.kind = parsed.tag == "*" ? Kind::kUntagged : parsed.tag == "+" ? Kind::kContinuation : Kind::kTagged;
  if (parsed.kind != Kind::kContinuation) parsed.word = TakeUntilBlank(rest);
  parsed.text = rest;
  return parsed;
}

Frame CutResponse(std::string_view in, Scan& scan) {
  const auto has_literals = [](std::string_view line) {
    const Response response = ParseResponse(line);
    return response.kind == Kind::kUntagged && !IsStatus(response);
  };
  return CutByFirstLine(
      in, scan, [](std::string_view text, Scan& of_line) { return CutLine(text, of_line); }, has_literals,
      CutWithLiterals);
}

std::string_view CapabilitiesIn(std::string_view response) {
  constexpr std::string_view kWord = "CAPABILITY";
  const Response parsed = ParseResponse(response);
  if (parsed.kind == Kind::kUntagged && parsed.Is(kWord)) return parsed.text;
  std::string_view text = parsed.text;
  if (!IsStatus(parsed) || text.substr(0, 1) != "[") return {};
  text.remove_prefix(1);
  text = text.substr(0, text.find(']'));
  return EqualsNoCase(TakeUntilBlank(text), kWord) ? text : std::string_view();
}

bool Lists(std::string_view capabilities, std::string_view name) {
  return AnyOf(capabilities, [name](std::string_view each) { return EqualsNoCase(each, name); });
}

bool ListsChannelBinding(std::string_view capabilities) {
  return AnyOf(capabilities, [](std::string_view each) {
    return EqualsNoCase(each.substr(0, 5), "AUTH=") && BindsChannel(each.substr(5));
  });
}

std::string WithOffer(std::string_view response, bool offered) {
  const std::string_view capabilities = CapabilitiesIn(response);
  if (capabilities.empty()) return std::string(response);
  const size_t begin = static_cast<size_t>(capabilities.data() - response.data());
  std::string list;
  for (size_t at = 0; at <= capabilities.size();) {
    const size_t end = std::min(capabilities.find(' ', at), capabilities.size());
    const std::string_view word = capabilities.substr(at, end - at);
    if (!EqualsNoCase(word, kStarttls)) list.append(word).append(" ");
    at = end + 1;
  }
  if (!list.empty()) list.pop_back();
  const size_t last = list.find_last_not_of(' ') + 1;  // some servers put a blank after the last one
  if (offered) list.insert(last, fmt::format("{}{}", last == 0 ? "" : " ", kStarttls));
  return std::string(response).replace(begin, capabilities.size(), list);
}

std::string GreetingFor(const Prologue& prologue) {
  const Response greeting = ParseResponse(prologue.greeting);
  const bool forgeable = Upgrades(prologue.env.server) && prologue.server_tls;
  const bool required = prologue.env.client == TlsMode::kRequired && greeting.ok();
  const std::string_view code = required ? kBeforeTls : std::string_view();
  if (forgeable) return Greeting(greeting.word, code, WithoutCodes(greeting.text));
  std::string_view text = greeting.text;
  const bool lists = !CapabilitiesIn(prologue.greeting).empty();
  if (lists) text.remove_prefix(std::min(text.find(']'), text.size() - 1) + 1);
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const bool other_code = !lists && text.substr(0, 1) == "[";
  if (required && !other_code) return Greeting(greeting.word, code, text);
  return WithOffer(prologue.greeting, prologue.env.client == TlsMode::kOpportunistic && greeting.ok());
}

std::string Goodbye(const Env& /*env*/, const Failure& failure) {
  const GoodbyeKind kind = GoodbyeFor(failure);
  if (kind == GoodbyeKind::kSyntax) return fmt::format("* BYE Syntax error: {}\r\n", failure.why);
  return fmt::format("* BYE [UNAVAILABLE] {}\r\n", GoodbyeText(kind));
}

}  // namespace starlock::protocol::imap
