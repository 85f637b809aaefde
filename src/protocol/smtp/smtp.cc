#include "protocol/smtp/smtp.h"

#include <utility>

#include "protocol/core/paired.h"
#include "protocol/smtp/filter.h"
#include "protocol/smtp/probe.h"
#include "protocol/smtp/words.h"
#include "protocol/text/cutters.h"

// Read beside RFC 3207. The server role faces the client, the client role the upstream.
namespace starlock::protocol::smtp {
namespace {

/// What both roles are made with.
struct Leg : Negotiator {
  Leg(std::string_view word, Prologue& shared) : hello(word), prologue(shared), host(shared.env.host) {}

  const std::string_view hello;  ///< EHLO, or LHLO: all in which LMTP's negotiation differs (RFC 2033 4.1)
  Prologue& prologue;
  const std::string& host;
};

/// The client role: 220, EHLO, is it offered?, STARTTLS, 220.
class ServerLeg final : public Leg {
 public:
  using Leg::Leg;

  LegAct Begin(Out&) override { return Read{}; }

  Frame Cut(std::string_view in, Scan& scan) override { return CutSmtpReply(in, scan); }

  LegAct On(std::string_view reply, Out& out) override {
    const int code = CodeOf(reply);
    const bool refused = (code / 100 == 4 || code / 100 == 5) && code != 421;  // 421: the server is leaving
    switch (awaited_) {
      case Awaited::kGreeting:
        prologue.greeting = reply;
        if (!Upgrades(prologue.env.server)) return Settled{};
        if (code != 220) return NoTls{End::kStarttlsNotOffered, true};  // the client's to read
        return Ask(Awaited::kHello, std::string(hello) + " " + host, out);
      case Awaited::kHello:
        prologue.introduced = code == 250;
        if (code == 250 && smtp::OffersStarttls(reply)) return Ask(Awaited::kGoAhead, "STARTTLS", out);
        return NoTls{End::kStarttlsNotOffered, refused || code == 250};
      case Awaited::kGoAhead:
        break;
    }
    return code == 220 ? LegAct(StartTls{}) : NoTls{End::kStarttlsRefused, refused};
  }

  // TLS is up, and all that was said before it is forgotten on both sides (RFC 3207 4.2).
  LegAct OnTlsUp(Out&) override {
    prologue.introduced = false;
    return Settled{};
  }

 private:
  enum class Awaited : uint8_t { kGreeting, kHello, kGoAhead };

  LegAct Ask(Awaited next, std::string_view command, Out& out) {
    out.server().append(command).append("\r\n");
    awaited_ = next;
    return Read{};
  }

  Awaited awaited_ = Awaited::kGreeting;
};

/// The server role where TLS is required: nothing but EHLO, NOOP, RSET and QUIT before STARTTLS (RFC 3207 4).
/// The upstream waits untouched meanwhile. In the other modes the greeting is all there is to say.
class ClientLeg final : public Leg {
 public:
  using Leg::Leg;

  LegAct Begin(Out& out) override {
    out.client() += prologue.greeting;
    if (prologue.env.client != TlsMode::kRequired) return Settled{};
    if (CodeOf(prologue.greeting) == 220) return Read{};
    return Fail::Told(End::kClosed, Blame::kServer, "the server refused service");
  }

  Frame Cut(std::string_view in, Scan& scan) override { return CutLine(in, scan); }

  LegAct On(std::string_view line, Out& out) override {
    if (++commands_ > smtp::kMaxCommands) {
      return Fail{{End::kLimit, Blame::kClient, "too many commands before STARTTLS"}};
    }
    const smtp::Command command = smtp::Parse(line, hello);
    switch (command.verb) {
      case Verb::kEhlo:
        return Say("250-" + smtp::NameIn(prologue.greeting, host) + "\r\n250 STARTTLS\r\n", out);
      case Verb::kStarttls:
        if (!command.argument.empty()) return Say("501 5.5.4 STARTTLS has no parameter\r\n", out);
        out.client() += "220 2.0.0 Ready to start TLS\r\n";
        return StartTls{};
      case Verb::kNoop:
        return Say("250 2.0.0 OK\r\n", out);
      case Verb::kQuit:
        out.client() += "221 2.0.0 Bye\r\n";
        return Fail::Told(End::kClosed, Blame::kNone, "the client quit before STARTTLS");
      case Verb::kHelo:
      case Verb::kQuery:
      case Verb::kMail:
      case Verb::kAuth:
      case Verb::kXclient:
      case Verb::kOther:
        break;
    }
    prologue.refused = true;
    return Say("530 5.7.0 Must issue a STARTTLS command first\r\n", out);
  }

 private:
  static LegAct Say(std::string_view text, Out& out) {
    out.client() += text;
    return Read{};
  }

  int commands_ = 0;
};

std::unique_ptr<Dialogue> Make(std::string_view hello, Env env) {
  Parts parts;
  parts.server = [hello](Prologue& prologue) { return std::make_unique<ServerLeg>(hello, prologue); };
  parts.client = [hello](Prologue& prologue) { return std::make_unique<ClientLeg>(hello, prologue); };
  parts.filter = [hello](Prologue& prologue) { return std::make_unique<smtp::SmtpFilter>(hello, prologue); };
  parts.goodbye = smtp::Goodbye;
  return std::make_unique<Paired>(std::move(env), std::move(parts));
}

}  // namespace

static std::unique_ptr<Dialogue> MakeSmtp(Env env) { return Make("EHLO", std::move(env)); }
static std::unique_ptr<Dialogue> MakeLmtp(Env env) { return Make("LHLO", std::move(env)); }

const Dialect kSmtp = {
    .name = "smtp",
    .default_port = 25,
    .alpn = "smtp",
    .make_dialogue = MakeSmtp,
    .make_prober = ProbeSmtp,
};

const Dialect kLmtp = {
    .name = "lmtp",
    .default_port = 24,
    .alpn = "lmtp",
    .make_dialogue = MakeLmtp,
    .make_prober = ProbeLmtp,
};

}  // namespace starlock::protocol::smtp
