#include "protocol/pop3/filter.h"

#include "protocol/text/cutters.h"

namespace starlock::protocol::pop3 {
namespace {

// A client that asks on without reading would have us remember its questions for ever.
constexpr size_t kMaxOutstanding = 100;

constexpr const char* kChannelBinding =
    "the server offers channel binding (-PLUS), which cannot hold across two TLS legs: clients that insist on it must "
    "be told not to, or the server not to offer it";
constexpr const char* kExternal =
    "the client wants to authenticate by its TLS certificate (EXTERNAL), which the server behind cannot see: use "
    "another mechanism";

}  // namespace

Frame Pop3Filter::Cut(Side side, std::string_view in, Scan& scan) {
  if (side == Side::kClient) return CutLine(in, scan);
  if (outstanding_.empty()) return CutLine(in, scan);  // unasked, or more of an answer that we don't know
  switch (outstanding_.front()) {
    case Asked::kCapa:
    case Asked::kList:
      return CutList(in, scan);
    case Asked::kAuth:
      return CutStatus(in, scan, true);
    case Asked::kLine:
    case Asked::kLogin:
    case Asked::kUnknown:
      break;
  }
  return CutStatus(in, scan);
}

Act Pop3Filter::On(Side side, std::string_view unit, Out& out) {
  return side == Side::kServer ? OnReply(unit, out) : OnCommand(unit, out);
}

// What follows may belong to another state, or its answer be taken for another's.
bool Pop3Filter::MustWait() const {
  if (outstanding_.empty()) return false;
  const Asked last = outstanding_.back();
  return last == Asked::kAuth || last == Asked::kLogin || last == Asked::kUnknown ||
         outstanding_.size() >= kMaxOutstanding;
}

Act Pop3Filter::OnCommand(std::string_view line, Out& out) {
  if (sasl_) {
    sasl_ = false;
    out.server() += line;
    return Read{};
  }
  if (MustWait()) return Wait{};
  const Command command = Parse(line);
  switch (command.verb) {
    case Verb::kStls:
      return OnStls(command.argument, out);
    case Verb::kCapa:
      return Forward(line, Asked::kCapa, out);
    case Verb::kLang:
      return Forward(line, command.argument.empty() ? Asked::kList : Asked::kLine, out);
    case Verb::kNoop:
    case Verb::kQuit:
    case Verb::kUtf8:
      return Forward(line, Asked::kLine, out);
    case Verb::kUser:
    case Verb::kLogin:
    case Verb::kAuth:
    case Verb::kOther:
      break;
  }
  window_open_ = false;  // what we don't know may well have been meant to be protected
  if (command.verb == Verb::kUser) return Forward(line, Asked::kLine, out);
  if (command.verb == Verb::kLogin) return Forward(line, Asked::kLogin, out);
  if (command.verb == Verb::kOther) return Forward(line, Asked::kUnknown, out);
  if (command.argument.empty()) return Forward(line, Asked::kList, out);  // which mechanisms are there? an old habit
  std::string_view mechanism = command.argument;
  if (EqualsNoCase(TakeWord(mechanism), "EXTERNAL")) out.Note(kExternal);
  return Forward(line, Asked::kAuth, out);
}

Act Pop3Filter::OnStls(std::string_view argument, Out& out) {
  if (prologue_.client_tls) return Answer("-ERR TLS is active already\r\n", out);
  if (prologue_.env.client == TlsMode::kOff) return Answer("-ERR STLS is not available\r\n", out);
  if (!OnOffer()) return Answer("-ERR Too late for STLS\r\n", out);
  if (!argument.empty()) return Answer("-ERR STLS has no parameter\r\n", out);
  if (!outstanding_.empty()) return Wait{};
  out.client() += "+OK Begin TLS negotiation\r\n";
  return Upgrade{Side::kClient};
}

Act Pop3Filter::OnReply(std::string_view reply, Out& out) {
  if (outstanding_.empty()) {
    out.client() += reply;
    return Read{};
  }
  const Asked asked = outstanding_.front();
  const bool capabilities = asked == Asked::kCapa && IsOk(reply);
  if (capabilities) {
    if (!noted_ && ContainsNoCase(reply, "-PLUS")) {
      noted_ = true;
      out.Note(kChannelBinding);
    }
    out.client() += OnOffer() ? DottedWith(reply, "STLS") : DottedWithout(reply, "STLS");
  } else {
    out.client() += reply;
  }
  sasl_ = asked == Asked::kAuth && !IsOk(reply) && !IsErr(reply);
  if (sasl_) return Read{};
  outstanding_.pop_front();
  const bool login = asked == Asked::kLogin || asked == Asked::kAuth;
  return login && IsOk(reply) ? Act(Relay{}) : Read{};
}

Act Pop3Filter::Forward(std::string_view line, Asked asked, Out& out) {
  outstanding_.push_back(asked);
  out.server() += line;
  return Read{};
}

Act Pop3Filter::Answer(std::string_view text, Out& out) {
  if (!outstanding_.empty()) return Wait{};
  if (++refusals_ > kMaxCommands) return Fail{{End::kLimit, Blame::kClient, "too many commands were refused"}};
  out.client() += text;
  return Read{};
}

}  // namespace starlock::protocol::pop3
