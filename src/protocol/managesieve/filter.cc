#include "protocol/managesieve/filter.h"

#include "protocol/core/harmless.h"
#include "protocol/managesieve/words.h"
#include "protocol/text/literals.h"
#include "protocol/text/words.h"

namespace starlock::protocol::managesieve {
namespace {

const StarttlsWords& Words() {
  static const StarttlsWords kWords = {
      .go_ahead = QuotedLine("OK", "Begin TLS negotiation now"),
      .active = QuotedLine("NO", "TLS is already active"),
      .off = QuotedLine("NO", "STARTTLS is not available"),
      .too_late = QuotedLine("NO", "Too late for STARTTLS"),
      .has_argument = QuotedLine("NO", "STARTTLS takes no argument"),
  };
  return kWords;
}

}  // namespace

bool ManagesieveFilter::MustWait() const {
  return InOrderFilter::MustWait() || (Busy() && asked_last() == Asked::kAuthenticate);
}

Frame ManagesieveFilter::CutUnit(Side side, std::string_view in, Scan& scan) {
  if (side == Side::kServer) return CutAnswerWithLiterals(in, scan);
  return CutCommandWithLiterals(in, scan, PlainLiteral::kRefused);
}

bool ManagesieveFilter::IsHarmless(std::string_view unit) const {
  return IsExactly(unit, {"CAPABILITY", "NOOP", "LOGOUT"});
}

bool ManagesieveFilter::MaySpeakUnasked(std::string_view unit) const { return KindOf(unit) == Line::kBye; }

// RFC 5804 2.2. The upstream's greeting still holds: nothing that has crossed since can have changed it.
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
      return Forward(unit, Asked::kAuthenticate, out);
    case Verb::kOther:
      break;
  }
  // Some servers answer an empty line, others do not.
  if (Content(unit).empty()) return Refuse(QuotedLine("NO", "Empty command"), out);
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
  in_reply_ = kind == Line::kData && question != Asked::kAuthenticate;
  if (kind == Line::kData) {
    if (question == Asked::kAuthenticate) ExpectSaslResponse();
    return Read{};
  }
  Answered();
  // A SASL security layer may follow, which we cannot read.
  return question == Asked::kAuthenticate && kind == Line::kOk ? Act(Relay{}) : Read{};
}

}  // namespace starlock::protocol::managesieve
