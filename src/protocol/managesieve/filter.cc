#include "protocol/managesieve/filter.h"

#include "protocol/managesieve/words.h"
#include "protocol/text/literals.h"
#include "protocol/text/words.h"

namespace starlock::protocol::managesieve {
namespace {

const StarttlsWords& Words() {
  static const StarttlsWords kWords = {
      .go_ahead = Say("OK", "Begin TLS negotiation now"),
      .active = Say("NO", "TLS is active already"),
      .off = Say("NO", "STARTTLS is not available"),
      .too_late = Say("NO", "Too late for STARTTLS"),
      .has_argument = Say("NO", "STARTTLS takes no argument"),
  };
  return kWords;
}

}  // namespace

bool ManagesieveFilter::MustWait() const {
  return InOrderFilter::MustWait() || (Busy() && asked_last() == Asked::kAuthenticate);
}

// A unit that must wait may be of any size: what comes behind AUTHENTICATE may be a whole script, to be relayed.
Frame ManagesieveFilter::Cut(Side side, std::string_view in, Scan& scan) {
  if (side == Side::kServer) return CutAnswerWithLiterals(in, scan);
  if (!expects_sasl_response() && MustWait()) return Frame::Whole(1);
  return CutCommandWithLiterals(in, scan, PlainLiteral::kRefused);
}

// RFC 5804 2.2. The upstream's own words, which nothing that has crossed since could have changed.
std::string ManagesieveFilter::TlsGreeting() const { return WithoutStarttls(prologue().greeting); }

Act ManagesieveFilter::OnCommand(std::string_view unit, Out& out) {
  const Command command = Parse(unit);
  switch (command.verb) {
    case Verb::kStarttls:
      return OnStarttls(Words(), command.has_argument, out);
    case Verb::kCapability:
      return Forward(unit, Asked::kCapability, out);
    case Verb::kNoop:
    case Verb::kLogout:
      return Forward(unit, Asked::kOther, out);
    case Verb::kAuthenticate:
      if (Token{Token::Kind::kString, {}, command.argument}.Is("EXTERNAL")) out.Note(kExternalNote);
      window().Close();
      return Forward(unit, Asked::kAuthenticate, out);
    case Verb::kOther:
      break;
  }
  // Some servers answer an empty line, and some do not.
  if (Content(unit).empty()) return Refuse(Say("NO", "Empty command"), out);
  window().Close();  // an unknown command may have been meant to be protected
  return Forward(unit, Asked::kOther, out);
}

Act ManagesieveFilter::OnReply(std::string_view line, Out& out) {
  const Line kind = KindOf(line);
  const Asked question = asked();
  if (question == Asked::kCapability) {
    if (kind == Line::kOk && on_offer()) out.client() += kStarttlsLine;
    if (IsStarttls(line)) return Read{};
  }
  out.client() += line;
  if (kind == Line::kData) {
    if (question == Asked::kAuthenticate) ExpectSaslResponse();
    return Read{};
  }
  Answered();
  // A SASL layer may follow, and there is nothing more to be read in it.
  return question == Asked::kAuthenticate && kind == Line::kOk ? Act(Relay{}) : Read{};
}

}  // namespace starlock::protocol::managesieve
