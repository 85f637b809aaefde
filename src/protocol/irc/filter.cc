#include "protocol/irc/filter.h"

#include "protocol/text/cutters.h"

namespace starlock::protocol::irc {
namespace {

// A client that asks on without reading would have us owe it answers for ever.
constexpr int kMaxOutstanding = 100;

constexpr const char* kChannelBinding =
    "the server offers channel binding (-PLUS), which cannot hold across two TLS legs: clients that insist on it must "
    "be told not to, or the server not to offer it";
constexpr const char* kExternal =
    "the client wants to authenticate by its TLS certificate (EXTERNAL), which the server behind cannot see: use "
    "another mechanism";
constexpr const char* kStrict =
    "the server announces a port for strict transport security (sts): clients will look for TLS on that port here";

}  // namespace

Frame IrcFilter::Cut(Side, std::string_view in, Scan& scan) { return CutLine(in, scan); }

Act IrcFilter::On(Side side, std::string_view unit, Out& out) {
  return side == Side::kServer ? OnReply(unit, out) : OnCommand(unit, out);
}

Act IrcFilter::OnCommand(std::string_view line, Out& out) {
  const Message message = Parse(line);
  if (message.command.empty() && message.rest.empty()) return Forward(line, out);
  const Verb verb = VerbOf(message);
  switch (verb) {
    case Verb::kStarttls:
      return OnStarttls(message, out);
    case Verb::kCapReq: {
      std::string_view rest = message.rest;
      TakeParameter(rest);
      // `tls` alone need not be asked for (IRCv3), and is ours to grant; among others it is the server's to refuse.
      if (!EqualsNoCase(Content(TakeParameter(rest)), "tls")) return Ask(line, out);
      return Answer(":" + prologue_.env.host + " CAP * " + (OnOffer() ? "ACK" : "NAK") + " :tls\r\n", out);
    }
    case Verb::kCapLs:
    case Verb::kCapList:
      return Ask(line, out);
    case Verb::kCapEnd:
    case Verb::kPing:
    case Verb::kPong:
    case Verb::kQuit:
      return Forward(line, out);
    case Verb::kAuthenticate:
    case Verb::kNotice:
    case Verb::kOther:
      break;
  }
  window_open_ = false;
  if (verb == Verb::kAuthenticate && EqualsNoCase(message.rest, "EXTERNAL")) out.Note(kExternal);
  return prologue_.server_tls ? Act(Relay{.keep = true}) : Forward(line, out);
}

Act IrcFilter::OnStarttls(const Message& message, Out& out) {
  const Env& env = prologue_.env;
  if (prologue_.client_tls) return Answer(NotNow(env, "TLS is active already"), out);
  if (env.client == TlsMode::kOff) return Answer(Unknown(env), out);
  if (!OnOffer()) return Answer(NotNow(env, "too late"), out);
  if (!message.rest.empty()) return Answer(NotNow(env, "it has no parameters"), out);
  if (outstanding_ > 0) return Wait{};
  out.client() += GoAhead(env);
  return Upgrade{Side::kClient};
}

Act IrcFilter::OnReply(std::string_view line, Out& out) {
  const Message message = Parse(line);
  if (message.Is("CAP")) return OnCap(message, line, out);
  out.client() += line;
  if (RefusesCap(message) && outstanding_ > 0) --outstanding_;
  return message.Is("001") ? Act(Relay{}) : Read{};
}

Act IrcFilter::OnCap(const Message& message, std::string_view line, Out& out) {
  const CapAnswer answer = ParseCap(message);
  const bool ls = EqualsNoCase(answer.sub, "LS");
  const bool unasked = EqualsNoCase(answer.sub, "NEW") || EqualsNoCase(answer.sub, "DEL");
  Note(answer, out);
  if (!unasked && !answer.more && outstanding_ > 0) --outstanding_;
  if (!ls && !unasked && !EqualsNoCase(answer.sub, "LIST")) {
    out.client() += line;
    return Read{};
  }
  const std::string edited = CapLineWith(line, answer, ls && !answer.more && OnOffer());
  const bool nothing_left = unasked && edited.size() != line.size() && Content(edited).back() == ':';
  if (!nothing_left) out.client() += edited;
  return Read{};
}

void IrcFilter::Note(const CapAnswer& answer, Out& out) {
  for (const std::string_view capability : Capabilities(answer.list)) {
    if (EqualsNoCase(capability.substr(0, 5), "sasl=") && ContainsNoCase(capability, "-PLUS")) {
      out.Note(kChannelBinding);
    } else if (EqualsNoCase(capability.substr(0, 4), "sts=") && ContainsNoCase(capability, "port=")) {
      out.Note(kStrict);
    }
  }
}

Act IrcFilter::Ask(std::string_view line, Out& out) {
  if (outstanding_ >= kMaxOutstanding) return Wait{};
  ++outstanding_;
  return Forward(line, out);
}

Act IrcFilter::Forward(std::string_view line, Out& out) {
  out.server() += line;
  return Read{};
}

Act IrcFilter::Answer(std::string_view text, Out& out) {
  if (outstanding_ > 0) return Wait{};
  if (++refusals_ > kMaxCommands) return Fail{{End::kLimit, Blame::kClient, "too many commands were refused"}};
  out.client() += text;
  return Read{};
}

}  // namespace starlock::protocol::irc
