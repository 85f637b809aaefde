#include "protocol/smtp/filter.h"

#include "protocol/smtp/words.h"
#include "protocol/text/cutters.h"

namespace starlock::protocol::smtp {
namespace {

// A client that asks on without reading would have us remember its questions for ever.
constexpr size_t kMaxOutstanding = 100;

}  // namespace

SmtpFilter::SmtpFilter(std::string_view hello, const Prologue& prologue)
    : hello_(hello),
      prologue_(prologue),
      upstream_met_(prologue.introduced),
      must_greet_(prologue.introduced && prologue.client_tls) {}

Frame SmtpFilter::Cut(Side side, std::string_view in, Scan& scan) {
  return side == Side::kServer ? CutSmtpReply(in, scan) : CutLine(in, scan);
}

Act SmtpFilter::On(Side side, std::string_view unit, Out& out) {
  return side == Side::kServer ? OnReply(unit, out) : OnCommand(unit, out);
}

// The upgrade's first part is over. The second, a new EHLO, matters only to an upstream that has had one already.
Act SmtpFilter::OnTlsUp() {
  must_greet_ = upstream_met_;
  return prologue_.server_tls && !must_greet_ ? Act(Relay{}) : Read{};
}

Act SmtpFilter::OnCommand(std::string_view line, Out& out) {
  if (sasl_) {
    sasl_ = false;
    out.server() += line;
    return Read{};
  }
  const bool in_auth = !outstanding_.empty() && outstanding_.back() == Asked::kAuth;
  if (in_auth || outstanding_.size() >= kMaxOutstanding) return Wait{};

  const Command command = Parse(line, hello_);
  switch (command.verb) {
    case Verb::kStarttls:
      return OnStarttls(command.argument, out);
    case Verb::kXclient:
      return Answer("550 5.7.1 XCLIENT is not for you\r\n", out);
    case Verb::kHelo:
    case Verb::kEhlo: {
      const bool settled = prologue_.server_tls && prologue_.client_tls;
      if (!settled) return Forward(line, command.verb == Verb::kEhlo ? Asked::kEhlo : Asked::kHelo, out);
      return outstanding_.empty() ? Act(Relay{.keep = true}) : Wait{};
    }
    case Verb::kNoop:
    case Verb::kQuery:
    case Verb::kQuit:
      return Forward(line, Asked::kOther, out);
    case Verb::kMail:
    case Verb::kAuth:
    case Verb::kOther:
      break;
  }
  if (must_greet_) return Answer("503 5.5.1 Say " + std::string(hello_) + " first\r\n", out);
  if (command.verb == Verb::kMail) return outstanding_.empty() ? Act(Relay{.keep = true}) : Wait{};
  window_open_ = false;  // what we don't know may well have been meant to be protected
  return Forward(line, command.verb == Verb::kAuth ? Asked::kAuth : Asked::kOther, out);
}

Act SmtpFilter::OnStarttls(std::string_view argument, Out& out) {
  if (prologue_.client_tls) return Answer("503 5.5.1 TLS is active already\r\n", out);
  if (prologue_.env.client == TlsMode::kOff) return Answer("502 5.5.1 STARTTLS is not available\r\n", out);
  if (!OnOffer()) return Answer("503 5.5.1 Too late for STARTTLS\r\n", out);
  if (!argument.empty()) return Answer("501 5.5.4 STARTTLS has no parameter\r\n", out);
  if (!outstanding_.empty()) return Wait{};
  out.client() += "220 2.0.0 Ready to start TLS\r\n";
  return Upgrade{Side::kClient};
}

Act SmtpFilter::OnReply(std::string_view reply, Out& out) {
  if (outstanding_.empty()) {  // unasked: a 421 before the upstream closes
    out.client() += reply;
    return Read{};
  }
  const int code = CodeOf(reply);
  const Asked asked = outstanding_.front();
  if ((asked == Asked::kEhlo || asked == Asked::kHelo) && code == 250) {
    upstream_met_ = true;
    must_greet_ = false;
  }
  if (asked == Asked::kEhlo && code == 250) {
    out.client() += OnOffer() ? WithStarttls(reply) : WithoutStarttls(reply);
  } else {
    out.client() += reply;
  }
  sasl_ = asked == Asked::kAuth && code == 334;
  if (sasl_) return Read{};
  outstanding_.pop_front();
  const bool authenticated = asked == Asked::kAuth && code == 235;
  const bool data_follows = code / 100 == 3;
  return authenticated || data_follows ? Act(Relay{}) : Read{};
}

Act SmtpFilter::Forward(std::string_view line, Asked asked, Out& out) {
  outstanding_.push_back(asked);
  out.server() += line;
  return Read{};
}

Act SmtpFilter::Answer(std::string_view text, Out& out) {
  if (!outstanding_.empty()) return Wait{};
  if (++refusals_ > kMaxCommands) return Fail{{End::kLimit, Blame::kClient, "too many commands were refused"}};
  out.client() += text;
  return Read{};
}

}  // namespace starlock::protocol::smtp
