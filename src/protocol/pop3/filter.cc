#include "protocol/pop3/filter.h"

#include "protocol/core/harmless.h"
#include "protocol/text/lines.h"

namespace starlock::protocol::pop3 {
namespace {

const StarttlsWords& Words() {
  static const StarttlsWords kWords = {
      .go_ahead = "+OK Begin TLS negotiation\r\n",
      .active = "-ERR TLS is already active\r\n",
      .off = "-ERR STLS is not available\r\n",
      .too_late = "-ERR Too late for STLS\r\n",
      .has_argument = "-ERR STLS takes no parameter\r\n",
  };
  return kWords;
}

}  // namespace

Frame Pop3Filter::CutUnit(Side side, std::string_view in, Scan& scan) {
  if (side == Side::kClient) return CutLine(in, scan);
  if (!Busy()) return CutLine(in, scan);  // unsolicited, or more lines of an unknown reply
  switch (asked()) {
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

bool Pop3Filter::IsHarmless(std::string_view unit) const { return IsExactly(unit, {"CAPA", "NOOP", "QUIT"}); }

Act Pop3Filter::OnServerUnit(std::string_view unit, Out& out) {
  may_go_on_ = Busy() ? asked() == Asked::kUnknown && IsOk(unit) : may_go_on_ && unit != ".\r\n";
  return InOrderFilter::OnServerUnit(unit, out);
}

// After these commands the session may be in another state, or the reply may have more lines than we expect.
bool Pop3Filter::MustWait() const {
  if (!Busy()) return false;
  const Asked last = asked_last();
  return last == Asked::kAuth || last == Asked::kLogin || last == Asked::kUnknown || InOrderFilter::MustWait();
}

Act Pop3Filter::OnCommand(std::string_view line, Out& out) {
  may_go_on_ = false;  // the client takes the last reply to be complete
  const Command command = Parse(line);
  switch (command.verb) {
    case Verb::kStls:
      return OnStarttls(Words(), !command.argument.empty(), out);
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
      if (IsDisguised(line, "STLS")) return Refuse("-ERR Unknown command\r\n", out);
      break;
  }
  return OnStateful(command, line, out);
}

Act Pop3Filter::OnStateful(const Command& command, std::string_view line, Out& out) {
  if (command.verb == Verb::kUser) return Forward(line, Asked::kLine, out);
  if (command.verb == Verb::kLogin) return Forward(line, Asked::kLogin, out);
  if (command.verb != Verb::kAuth) return Forward(line, Asked::kUnknown, out);
  if (command.argument.empty()) return Forward(line, Asked::kList, out);  // an old way to ask for the SASL mechanisms
  std::string_view mechanism = command.argument;
  if (EqualsNoCase(TakeWord(mechanism), "EXTERNAL")) out.Note(kExternalNote);
  return Forward(line, Asked::kAuth, out);
}

Act Pop3Filter::OnReply(std::string_view reply, Out& out) {
  const Asked question = asked();
  if (question == Asked::kCapa && IsOk(reply)) {
    if (ContainsNoCase(reply, "-PLUS")) out.Note(kChannelBindingNote);
    out.client() += on_offer() ? DottedWith(reply, "STLS") : DottedWithout(reply, "STLS");
  } else {
    out.client() += reply;
  }
  if (question == Asked::kAuth && !IsOk(reply) && !IsErr(reply)) {
    ExpectSaslResponse();
    return Read{};
  }
  Answered();
  const bool login = question == Asked::kLogin || question == Asked::kAuth;
  return login && IsOk(reply) ? Act(Relay{}) : Read{};
}

}  // namespace starlock::protocol::pop3
