#include "protocol/smtp/filter.h"

#include <fmt/format.h>

#include "protocol/smtp/words.h"
#include "protocol/text/lines.h"

namespace starlock::protocol::smtp {
namespace {

const StarttlsWords& Words() {
  static const StarttlsWords kWords = {
      .go_ahead = "220 2.0.0 Ready to start TLS\r\n",
      .active = "503 5.5.1 TLS is already active\r\n",
      .off = "502 5.5.1 STARTTLS is not available\r\n",
      .too_late = "503 5.5.1 Too late for STARTTLS\r\n",
      .has_argument = "501 5.5.4 STARTTLS takes no parameter\r\n",
  };
  return kWords;
}

}  // namespace

SmtpFilter::SmtpFilter(std::string_view hello, const Prologue& prologue)
    : InOrderFilter(prologue),
      hello_(hello),
      upstream_met_(prologue.introduced),
      must_greet_(prologue.introduced && prologue.client_tls) {}

Frame SmtpFilter::Cut(Side side, std::string_view in, Scan& scan) {
  return side == Side::kServer ? CutSmtpReply(in, scan) : CutLine(in, scan);
}

// After the upgrade the client must send EHLO again. The filter enforces this only if the upstream already got an EHLO.
// Otherwise the upstream itself enforces it.
Act SmtpFilter::OnTlsUp() {
  must_greet_ = upstream_met_;
  return must_greet_ ? Act(Read{}) : InOrderFilter::OnTlsUp();
}

bool SmtpFilter::MustWait() const { return InOrderFilter::MustWait() || (Busy() && asked_last() == Asked::kAuth); }

Act SmtpFilter::OnCommand(std::string_view line, Out& out) {
  const Command command = Parse(line, hello_);
  switch (command.verb) {
    case Verb::kStarttls:
      return OnStarttls(Words(), !command.argument.empty(), out);
    case Verb::kXclient:
      return Refuse("550 5.7.1 XCLIENT is not allowed\r\n", out);
    case Verb::kHelo:
    case Verb::kEhlo:
      if (both_in_tls()) return RelayInTurn();
      return Forward(line, command.verb == Verb::kEhlo ? Asked::kEhlo : Asked::kHelo, out);
    case Verb::kNoop:
    case Verb::kQuery:
    case Verb::kQuit:
      return Forward(line, Asked::kOther, out);
    case Verb::kMail:
    case Verb::kAuth:
    case Verb::kOther:
      break;
  }
  if (must_greet_) return Refuse(fmt::format("503 5.5.1 Send {} first\r\n", hello_), out);
  if (command.verb == Verb::kMail) return RelayInTurn();
  window().Close();  // an unknown command may need protection
  return Forward(line, command.verb == Verb::kAuth ? Asked::kAuth : Asked::kOther, out);
}

Act SmtpFilter::OnReply(std::string_view reply, Out& out) {
  const int code = CodeOf(reply);
  const bool hello = asked() == Asked::kEhlo || asked() == Asked::kHelo;
  if (hello && code == 250) {
    upstream_met_ = true;
    must_greet_ = false;
  }
  if (asked() == Asked::kEhlo && code == 250) {
    out.client() += on_offer() ? WithStarttls(reply) : WithoutStarttls(reply);
  } else {
    out.client() += reply;
  }
  const bool auth = asked() == Asked::kAuth;
  if (auth && code == 334) {
    ExpectSaslResponse();
    return Read{};
  }
  Answered();
  const bool data_follows = code / 100 == 3;
  return (auth && code == 235) || data_follows ? Act(Relay{}) : Read{};
}

}  // namespace starlock::protocol::smtp
