#include "protocol/acap/filter.h"

#include <algorithm>

#include "protocol/acap/words.h"
#include "protocol/text/literals.h"

namespace starlock::protocol::acap {
namespace {

// A client that asks on without reading would have us remember its questions for ever.
constexpr size_t kMaxOutstanding = 100;

}  // namespace

// The client's next unit is not for us to judge yet: whether a literal's octets or a new command come next is the
// upstream's to say, and what comes behind AUTHENTICATE may be of any size, to be relayed.
bool AcapFilter::Waits() const {
  if (wants_plus_) return true;
  return next_ == Next::kCommand && (in_authenticate_ || outstanding_.size() >= kMaxOutstanding);
}

Frame AcapFilter::Cut(Side side, std::string_view in, Scan& scan) {
  if (side == Side::kServer) return CutAnswerWithLiterals(in, scan);
  return Waits() ? Frame::Whole(1) : CutCommandWithLiterals(in, scan, PlainLiteral::kWaits, owed_);
}

Act AcapFilter::On(Side side, std::string_view unit, Out& out) {
  return side == Side::kServer ? OnServer(unit, out) : OnClient(unit, out);
}

// RFC 2595 5. The upstream's own words, which nothing that has crossed since could have changed.
std::string AcapFilter::TlsGreeting() const { return WithoutStarttls(prologue_.greeting); }

Act AcapFilter::OnTlsUp() { return prologue_.server_tls ? Act(Relay{}) : Read{}; }

Act AcapFilter::OnClient(std::string_view unit, Out& out) {
  if (Waits()) return Wait{};
  if (next_ != Next::kCommand) return Forward(unit, out);
  const Command command = Parse(unit);
  if (IsOutstanding(command.tag)) return Wait{};  // its answer could be taken for the other's
  if (command.tag.empty()) {
    if (EndsInCount(unit)) return Fail{{End::kProtocolError, Blame::kClient, "a command without a tag"}};
    return Answer("* BAD", "A command begins with a tag", out);
  }

  switch (command.verb) {
    case Verb::kStarttls:
      return OnStarttls(unit, out);
    case Verb::kNoop:
    case Verb::kLang:
    case Verb::kLogout:
      break;
    case Verb::kAuthenticate:
      in_authenticate_ = true;
      window_open_ = false;
      if (Token{Token::Kind::kString, {}, command.argument}.Is("EXTERNAL")) {
        out.Note(
            "a client logs in with EXTERNAL, for which the server would have to see the client's certificate: it "
            "cannot "
            "pass through this proxy; have the client use another mechanism");
      }
      break;
    case Verb::kOther:
      window_open_ = false;  // what we don't know may well have been meant to be protected
      break;
  }
  outstanding_.emplace_back(command.tag);
  return Forward(unit, out);
}

Act AcapFilter::OnStarttls(std::string_view unit, Out& out) {
  if (EndsInCount(unit)) return Fail{{End::kProtocolError, Blame::kClient, "STARTTLS with a literal"}};
  const Command command = Parse(unit);
  const std::string bad = std::string(command.tag) + " BAD";
  if (prologue_.client_tls) return Answer(bad, "TLS is active already", out);
  if (prologue_.env.client == TlsMode::kOff) return Answer(bad, "STARTTLS is not available", out);
  if (!OnOffer()) return Answer(bad, "Too late for STARTTLS", out);
  if (command.has_argument) return Answer(bad, "STARTTLS has no argument", out);
  if (!outstanding_.empty()) return Wait{};
  out.client() += Say(std::string(command.tag) + " OK", "Begin TLS negotiation now");
  return Upgrade{Side::kClient};
}

Act AcapFilter::OnServer(std::string_view unit, Out& out) {
  const acap::Answer answer = ParseAnswer(unit);
  if (answer.kind == Kind::kGreeting) {
    out.client() += OnOffer() ? WithStarttls(unit) : WithoutStarttls(unit);
    return Read{};
  }
  out.client() += unit;
  switch (answer.kind) {
    case Kind::kContinue:
      if (wants_plus_ || in_authenticate_) next_ = wants_plus_ ? Next::kLiteral : Next::kSasl;
      wants_plus_ = false;
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
  const auto found = std::find(outstanding_.begin(), outstanding_.end(), tag);
  if (found == outstanding_.end()) return Read{};
  const bool last = found + 1 == outstanding_.end();
  outstanding_.erase(found);
  if (!last) return Read{};
  const bool authenticated = in_authenticate_ && good;
  in_authenticate_ = false;
  wants_plus_ = false;
  owed_ = 0;
  next_ = Next::kCommand;
  // A SASL layer may follow, and there is nothing more to be read in it.
  return authenticated ? Act(Relay{}) : Read{};
}

Act AcapFilter::Forward(std::string_view unit, Out& out) {
  out.server() += unit;
  next_ = Next::kCommand;
  wants_plus_ = EndsInCount(unit, owed_);
  owed_ = OwedLiteral(unit, owed_);
  return Read{};
}

Act AcapFilter::Answer(std::string_view head, std::string_view text, Out& out) {
  if (++refusals_ > kMaxCommands) return Fail{{End::kLimit, Blame::kClient, "too many commands were refused"}};
  out.client() += Say(head, text);
  return Read{};
}

bool AcapFilter::IsOutstanding(std::string_view tag) const {
  return std::find(outstanding_.begin(), outstanding_.end(), tag) != outstanding_.end();
}

}  // namespace starlock::protocol::acap
