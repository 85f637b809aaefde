#include "protocol/acap/filter.h"

#include <fmt/format.h>

#include "protocol/acap/words.h"
#include "protocol/text/literals.h"

namespace starlock::protocol::acap {
namespace {

StarttlsWords WordsFor(std::string_view tag) {
  const std::string bad = fmt::format("{} BAD", tag);
  return {
      .go_ahead = Say(fmt::format("{} OK", tag), "Begin TLS negotiation now"),
      .active = Say(bad, "TLS is active already"),
      .off = Say(bad, "STARTTLS is not available"),
      .too_late = Say(bad, "Too late for STARTTLS"),
      .has_argument = Say(bad, "STARTTLS takes no argument"),
  };
}

}  // namespace

// The client's next unit is not for us to judge yet: whether a literal's octets or a new command come next is the
// upstream's to say, and what comes behind AUTHENTICATE may be of any size, to be relayed.
bool AcapFilter::Waits() const {
  return next_ == Next::kPlus || (next_ == Next::kCommand && (InAuthenticate() || questions() >= kMaxQuestions));
}

Frame AcapFilter::Cut(Side side, std::string_view in, Scan& scan) {
  if (side == Side::kServer) return CutAnswerWithLiterals(in, scan);
  return Waits() ? Frame::Whole(1) : CutCommandWithLiterals(in, scan, PlainLiteral::kWaits, owed_);
}

// RFC 2595 5. The upstream's own words, which nothing that has crossed since could have changed.
std::string AcapFilter::TlsGreeting() const { return WithoutStarttls(prologue().greeting); }

Act AcapFilter::OnCommand(std::string_view unit, Out& out) {
  if (Waits()) return Wait{};
  if (next_ != Next::kCommand) return Cross(unit, out);
  const Command command = Parse(unit);
  if (Find(command.tag) != nullptr) return Wait{};  // its answer could be taken for the other's
  if (command.tag.empty()) {
    if (EndsInCount(unit)) return Fail{{End::kProtocolError, Blame::kClient, "a command without a tag"}};
    return Refuse(Say("* BAD", "A command begins with a tag"), out);
  }
  Asked asked = Asked::kOther;
  switch (command.verb) {
    case Verb::kStarttls:
      return OnStarttlsUnit(unit, out);
    case Verb::kNoop:
    case Verb::kLang:
    case Verb::kLogout:
      break;
    case Verb::kAuthenticate:
      asked = Asked::kAuthenticate;
      window().Close();
      if (Token{Token::Kind::kString, {}, command.argument}.Is("EXTERNAL")) out.Note(kExternalNote);
      break;
    case Verb::kOther:
      window().Close();  // an unknown command may have been meant to be protected
      break;
  }
  Ask(std::string(command.tag), asked);
  return Cross(unit, out);
}

Act AcapFilter::OnStarttlsUnit(std::string_view unit, Out& out) {
  if (EndsInCount(unit)) return Fail{{End::kProtocolError, Blame::kClient, "STARTTLS with a literal"}};
  const Command command = Parse(unit);
  return OnStarttls(WordsFor(command.tag), command.has_argument, out);
}

Act AcapFilter::OnReply(std::string_view unit, Out& out) {
  const Answer answer = ParseAnswer(unit);
  if (answer.kind == Kind::kGreeting) {
    out.client() += on_offer() ? WithStarttls(unit) : WithoutStarttls(unit);
    return Read{};
  }
  out.client() += unit;
  switch (answer.kind) {
    case Kind::kContinue:
      if (next_ == Next::kPlus) {
        next_ = Next::kLiteral;
      } else if (InAuthenticate()) {
        next_ = Next::kSasl;
      }
      break;
    case Kind::kOk:
    case Kind::kNo:
    case Kind::kBad:
      return OnDone(answer.tag, answer.kind == Kind::kOk);
    case Kind::kGreeting:
    case Kind::kBye:
    case Kind::kUntagged:
    case Kind::kData:
      break;
  }
  return Read{};
}

// A command has its answer. One that was refused before its literal came gets none any more.
Act AcapFilter::OnDone(std::string_view tag, bool good) {
  const bool is_last = IsLast(tag);
  const bool authenticated = is_last && InAuthenticate() && good;
  Answered(tag);
  if (!is_last) return Read{};
  owed_ = 0;
  next_ = Next::kCommand;
  // A SASL layer may follow, and there is nothing more to be read in it.
  return authenticated ? Act(Relay{}) : Read{};
}

Act AcapFilter::Cross(std::string_view unit, Out& out) {
  out.server() += unit;
  next_ = EndsInCount(unit, owed_) ? Next::kPlus : Next::kCommand;
  owed_ = OwedLiteral(unit, owed_);
  return Read{};
}

}  // namespace starlock::protocol::acap
