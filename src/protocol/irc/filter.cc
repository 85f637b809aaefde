#include "protocol/irc/filter.h"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/core/harmless.h"
#include "protocol/text/lines.h"

namespace starlock::protocol::irc {
namespace {

constexpr const char* kStrictNote =
    "the server announces a port for strict transport security (sts): clients will connect with TLS to that port "
    "of this proxy";

StarttlsWords WordsFor(const Env& env) {
  return {
      .go_ahead = GoAhead(env),
      .active = NotNow(env, "TLS is already active"),
      .off = Unknown(env),
      .too_late = NotNow(env, "too late"),
      .has_argument = NotNow(env, "it takes no parameters"),
  };
}

// Warns of capabilities that do not work through a proxy.
void Warn(const CapAnswer& answer, Out& out) {
  for (const std::string_view capability : Capabilities(answer.list)) {
    if (EqualsNoCase(capability.substr(0, 5), "sasl=") && ContainsNoCase(capability, "-PLUS")) {
      out.Note(kChannelBindingNote);
    } else if (EqualsNoCase(capability.substr(0, 4), "sts=") && ContainsNoCase(capability, "port=")) {
      out.Note(kStrictNote);
    }
  }
}

}  // namespace

Frame IrcFilter::CutUnit(Side /*side*/, std::string_view in, Scan& scan) { return CutLine(in, scan); }

bool IrcFilter::IsHarmless(std::string_view line) const {
  if (IsExactly(line, {"CAP LS", "CAP LS 302", "CAP LIST", "QUIT"})) return true;
  if (!IsPlainLine(line) || !TakeExactly(line, {"PING"})) return false;
  return line.front() == ':' || line.find(' ') == std::string_view::npos;  // one parameter: no other server is asked
}

// Servers chat: notices, a PING of their own, ERROR. What answers a command may not come before the command.
bool IrcFilter::MaySpeakUnasked(std::string_view line) const {
  const Message message = Parse(line);
  return !message.Is("CAP") && !message.Is("PONG") && !message.Is("AUTHENTICATE") && !message.Is("001") &&
         !IsRefusal(message);
}

Act IrcFilter::OnCommand(std::string_view line, Out& out) {
  const Message message = Parse(line);
  if (message.command.empty() && message.rest.empty()) return Forward(line, out);
  const Verb verb = VerbOf(message);
  switch (verb) {
    case Verb::kStarttls:
      return OnStarttls(WordsFor(prologue().env), !message.rest.empty(), out);
    case Verb::kCapReq:
      return OnCapReq(message, line, out);
    case Verb::kCapLs:
    case Verb::kCapList:
      return Ask(Asked::kCap, line, out);
    case Verb::kPing:
      return Ask(Asked::kPing, line, out);
    case Verb::kQuit:
      return Ask(Asked::kQuit, line, out);
    case Verb::kCapEnd:
    case Verb::kPong:
      return Forward(line, out);
    case Verb::kAuthenticate:
    case Verb::kNotice:
      break;
    case Verb::kOther:
      if (message.disguised) return Refuse(fmt::format(":{} 421 * * :Unknown command\r\n", prologue().env.host), out);
      break;
  }
  if (verb == Verb::kAuthenticate && EqualsNoCase(message.rest, "EXTERNAL")) out.Note(kExternalNote);
  return Forward(line, out);
}

// A request for `tls` alone is answered here, because it concerns the client leg. The server answers all other
// requests.
Act IrcFilter::OnCapReq(const Message& message, std::string_view line, Out& out) {
  std::string_view rest = message.rest;
  TakeParameter(rest);
  if (!EqualsNoCase(Content(TakeParameter(rest)), "tls")) return Ask(Asked::kCap, line, out);
  return Refuse(fmt::format(":{} CAP * {} :tls\r\n", prologue().env.host, on_offer() ? "ACK" : "NAK"), out);
}

Act IrcFilter::OnReply(std::string_view line, Out& out) {
  const Message message = Parse(line);
  if (message.Is("CAP")) return OnCap(message, line, out);
  out.client() += line;
  if (message.Is("PONG")) Answered(Asked::kPing);
  if (message.Is("ERROR"))
    questions_.erase(std::remove(questions_.begin(), questions_.end(), Asked::kQuit), questions_.end());
  if (IsRefusal(message)) OnRefusal(message);
  return message.Is("001") ? Act(Relay{}) : Read{};
}

Act IrcFilter::OnCap(const Message& message, std::string_view line, Out& out) {
  const CapAnswer answer = ParseCap(message);
  const bool ls = EqualsNoCase(answer.sub, "LS");
  const bool unasked = EqualsNoCase(answer.sub, "NEW") || EqualsNoCase(answer.sub, "DEL");
  Warn(answer, out);
  if (!unasked && !answer.more) Answered(Asked::kCap);
  if (!ls && !unasked && !EqualsNoCase(answer.sub, "LIST")) {
    out.client() += line;
    return Read{};
  }
  const std::string edited = CapLineWith(line, answer, ls && !answer.more && on_offer());
  const bool nothing_left = unasked && edited.size() != line.size() && Content(edited).back() == ':';
  if (!nothing_left) out.client() += edited;
  return Read{};
}

Act IrcFilter::Ask(Asked question, std::string_view line, Out& out) {
  if (questions_.size() >= kMaxQuestions) return Wait{};
  questions_.push_back(question);
  return Forward(line, out);
}

void IrcFilter::Answered(Asked question) {
  const auto found = std::find(questions_.begin(), questions_.end(), question);
  if (found == questions_.end()) return window().Close();  // it answers nothing that was asked
  questions_.erase(found);
}

// A refusal names the command that it refuses; some servers leave the name out.
void IrcFilter::OnRefusal(const Message& message) {
  std::string_view rest = message.rest;
  TakeParameter(rest);  // the nick, or an asterisk
  const std::string_view command = TakeParameter(rest);
  if (EqualsNoCase(command, "CAP")) return Answered(Asked::kCap);
  if (EqualsNoCase(command, "PING")) return Answered(Asked::kPing);
  if (questions_.empty()) return window().Close();
  if (message.Is("410") || message.Is("409")) return Answered(message.Is("410") ? Asked::kCap : Asked::kPing);
  // Another command that is named was refused, and is no question of ours.
  const bool named = !command.empty() && !rest.empty();
  if (!named) questions_.pop_front();
}

Act IrcFilter::Forward(std::string_view line, Out& out) {
  out.server() += line;
  return Read{};
}

}  // namespace starlock::protocol::irc
