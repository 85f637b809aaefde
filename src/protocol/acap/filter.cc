#include "protocol/acap/filter.h"

#include <fmt/format.h>

#include "protocol/acap/words.h"
#include "protocol/core/harmless.h"
#include "protocol/text/literals.h"

namespace starlock::protocol::acap {
namespace {

StarttlsWords WordsFor(std::string_view tag) {
  const std::string bad = fmt::format("{} BAD", tag);
  return {
      .go_ahead = QuotedLine(fmt::format("{} OK", tag), "Begin TLS negotiation now"),
      .active = QuotedLine(bad, "TLS is already active"),
      .off = QuotedLine(bad, "STARTTLS is not available"),
      .too_late = QuotedLine(bad, "Too late for STARTTLS"),
      .has_argument = QuotedLine(bad, "STARTTLS takes no argument"),
  };
}

}  // namespace

// Whether the client's next unit cannot be parsed yet. After a literal that waits, the server's reply decides whether
// the literal or a new command is next. After AUTHENTICATE, the next unit may be for the relay, and of any size.
bool AcapFilter::Waits() const {
  return next_ == Next::kPlus || (next_ == Next::kCommand && (InAuthenticate() || questions() >= kMaxQuestions));
}

Frame AcapFilter::CutUnit(Side side, std::string_view in, Scan& scan) {
  if (side == Side::kServer) return CutAnswerWithLiterals(in, scan);
  return Waits() ? Frame::Whole(1) : CutCommandWithLiterals(in, scan, PlainLiteral::kWaits, owed_);
}

bool AcapFilter::IsHarmless(std::string_view unit) const {
  return IsPlainLine(unit) && TakePlainTag(unit) && IsExactly(unit, {"CAPABILITY", "NOOP", "LOGOUT"});
}

bool AcapFilter::MaySpeakUnasked(std::string_view unit) const { return ParseAnswer(unit).kind == Kind::kBye; }

// RFC 2595 5. The upstream's greeting still holds: nothing that has crossed since can have changed it.
std::string AcapFilter::TlsGreeting() const { return WithoutStarttls(prologue().greeting); }

Act AcapFilter::OnCommand(std::string_view unit, Out& out) {
  if (Waits()) return Wait{};
  if (next_ != Next::kCommand) return Cross(unit, out);
  const Command command = Parse(unit);
  if (Find(command.tag) != nullptr) return Wait{};  // the replies could not be told apart
  if (command.tag.empty()) {
    if (EndsInLiteral(unit)) return Fail{{End::kProtocolError, Blame::kClient, "a command without a tag"}};
    return Refuse(QuotedLine("* BAD", "Missing command tag"), out);
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
      if (Token{Token::Kind::kString, {}, command.argument}.Is("EXTERNAL")) out.Note(kExternalNote);
      break;
    case Verb::kOther:
      break;
  }
  Ask(std::string(command.tag), asked);
  return Cross(unit, out);
}

Act AcapFilter::OnStarttlsUnit(std::string_view unit, Out& out) {
  if (EndsInLiteral(unit)) return Fail{{End::kProtocolError, Blame::kClient, "STARTTLS with a literal"}};
  const Command command = Parse(unit);
  return OnStarttls(WordsFor(command.tag), command.has_argument, out);
}

Act AcapFilter::OnReply(std::string_view unit, Out& out) {
  const Answer answer = ParseAnswer(unit);
  if (!IsAnswer(answer)) window().Close();
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

// Whether the unit belongs to a question that is outstanding.
bool AcapFilter::IsAnswer(const Answer& answer) const {
  switch (answer.kind) {
    case Kind::kOk:
    case Kind::kNo:
    case Kind::kBad:
    case Kind::kData:
      return Find(answer.tag) != nullptr;
    case Kind::kContinue:
      return next_ == Next::kPlus || InAuthenticate();
    case Kind::kGreeting:
    case Kind::kBye:
    case Kind::kUntagged:
      break;
  }
  return Busy();
}

// A command has its final reply. If that came before a literal, the literal will not be sent.
Act AcapFilter::OnDone(std::string_view tag, bool good) {
  const bool is_last = IsLast(tag);
  const bool authenticated = is_last && InAuthenticate() && good;
  Answered(tag);
  if (!is_last) return Read{};
  owed_ = 0;
  next_ = Next::kCommand;
  // A SASL security layer may follow, which we cannot read.
  return authenticated ? Act(Relay{}) : Read{};
}

Act AcapFilter::Cross(std::string_view unit, Out& out) {
  out.server() += unit;
  next_ = EndsInLiteral(unit, owed_) ? Next::kPlus : Next::kCommand;
  owed_ = OwedLiteral(unit, owed_);
  return Read{};
}

}  // namespace starlock::protocol::acap
