#include "protocol/managesieve/filter.h"

#include "protocol/managesieve/words.h"
#include "protocol/text/cutters.h"
#include "protocol/text/literals.h"

namespace starlock::protocol::managesieve {
namespace {

// A client that asks on without reading would have us remember its questions for ever.
constexpr size_t kMaxOutstanding = 100;

}  // namespace

// The client's next unit is not for us to judge yet, and may be of any size: what comes behind AUTHENTICATE may be a
// whole script, to be relayed.
bool ManagesieveFilter::Waits() const {
  if (sasl_) return false;
  const bool in_authenticate = !outstanding_.empty() && outstanding_.back() == Asked::kAuthenticate;
  return in_authenticate || outstanding_.size() >= kMaxOutstanding;
}

Frame ManagesieveFilter::Cut(Side side, std::string_view in, Scan& scan) {
  if (side == Side::kServer) return CutAnswerWithLiterals(in, scan);
  return Waits() ? Frame::Whole(1) : CutCommandWithLiterals(in, scan, PlainLiteral::kRefused);
}

Act ManagesieveFilter::On(Side side, std::string_view unit, Out& out) {
  return side == Side::kServer ? OnAnswer(unit, out) : OnCommand(unit, out);
}

// RFC 5804 2.2. The upstream's own words, which nothing that has crossed since could have changed.
std::string ManagesieveFilter::TlsGreeting() const { return WithoutStarttls(prologue_.greeting); }

Act ManagesieveFilter::OnTlsUp() { return prologue_.server_tls ? Act(Relay{}) : Read{}; }

Act ManagesieveFilter::OnCommand(std::string_view unit, Out& out) {
  if (sasl_) {
    sasl_ = false;
    out.server() += unit;
    return Read{};
  }
  if (Waits()) return Wait{};
  const Command command = Parse(unit);
  switch (command.verb) {
    case Verb::kStarttls:
      return OnStarttls(command.has_argument, out);
    case Verb::kCapability:
      return Forward(unit, Asked::kCapability, out);
    case Verb::kNoop:
    case Verb::kLogout:
      return Forward(unit, Asked::kOther, out);
    case Verb::kAuthenticate:
      window_open_ = false;
      if (Token{Token::Kind::kString, {}, command.argument}.Is("EXTERNAL")) {
        out.Note(
            "a client logs in with EXTERNAL, for which the server would have to see the client's certificate: it "
            "cannot "
            "pass through this proxy; have the client use another mechanism");
      }
      return Forward(unit, Asked::kAuthenticate, out);
    case Verb::kOther:
      break;
  }
  // Some servers answer an empty line, and some do not.
  if (Content(unit).empty()) return Answer(Say("NO", "There is no command in this line"), out);
  window_open_ = false;  // what we don't know may well have been meant to be protected
  return Forward(unit, Asked::kOther, out);
}

Act ManagesieveFilter::OnStarttls(bool has_argument, Out& out) {
  if (prologue_.client_tls) return Answer(Say("NO", "TLS is active already"), out);
  if (prologue_.env.client == TlsMode::kOff) return Answer(Say("NO", "STARTTLS is not available"), out);
  if (!OnOffer()) return Answer(Say("NO", "Too late for STARTTLS"), out);
  if (has_argument) return Answer(Say("NO", "STARTTLS has no argument"), out);
  if (!outstanding_.empty()) return Wait{};
  out.client() += Say("OK", "Begin TLS negotiation now");
  return Upgrade{Side::kClient};
}

Act ManagesieveFilter::OnAnswer(std::string_view line, Out& out) {
  const Line kind = KindOf(line);
  if (outstanding_.empty()) {  // unasked: a BYE before the upstream closes
    out.client() += line;
    return Read{};
  }
  const Asked asked = outstanding_.front();
  if (asked == Asked::kCapability) {
    if (kind == Line::kOk && OnOffer()) out.client() += kStarttlsLine;
    if (IsStarttls(line)) return Read{};
  }
  out.client() += line;
  sasl_ = asked == Asked::kAuthenticate && kind == Line::kData;
  if (kind == Line::kData) return Read{};
  outstanding_.pop_front();
  // A SASL layer may follow, and there is nothing more to be read in it.
  return asked == Asked::kAuthenticate && kind == Line::kOk ? Act(Relay{}) : Read{};
}

Act ManagesieveFilter::Forward(std::string_view unit, Asked asked, Out& out) {
  outstanding_.push_back(asked);
  out.server() += unit;
  return Read{};
}

Act ManagesieveFilter::Answer(std::string_view text, Out& out) {
  if (!outstanding_.empty()) return Wait{};
  if (++refusals_ > kMaxCommands) return Fail{{End::kLimit, Blame::kClient, "too many commands were refused"}};
  out.client() += text;
  return Read{};
}

}  // namespace starlock::protocol::managesieve
