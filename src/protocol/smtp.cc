#include "protocol/smtp.h"

#include <utility>

#include "protocol/cutters.h"
#include "protocol/paired.h"
#include "protocol/smtp_filter.h"
#include "protocol/smtp_words.h"

// Read beside RFC 3207. The server role faces the client, the client role the upstream.
namespace starlock::protocol {
namespace {

using smtp::CodeOf;
using smtp::Verb;

/// The word that asks for extensions is all in which LMTP's negotiation differs (RFC 2033 4.1).
constexpr std::string_view kEhlo = "EHLO";
constexpr std::string_view kLhlo = "LHLO";

/// What both roles are made with.
struct Leg : Negotiator {
  Leg(std::string_view word, std::string own_name, TlsMode tls_mode, Prologue& shared)
      : hello(word), host(std::move(own_name)), mode(tls_mode), prologue(shared) {}

  const std::string_view hello;
  const std::string host;
  const TlsMode mode;
  Prologue& prologue;
};

/// The client role: 220, EHLO, is it offered?, STARTTLS, 220.
class ServerLeg final : public Leg {
 public:
  using Leg::Leg;

  LegVerdict Begin(Out&) override { return LegVerdict::Read(); }

  Frame Cut(std::string_view in) override { return CutSmtpReply(in); }

  LegVerdict On(std::string_view reply, Out& out) override {
    switch (awaited_) {
      case Awaited::kGreeting:
        return OnGreeting(reply, out);
      case Awaited::kHello:
        prologue.introduced = true;
        if (CodeOf(reply) != 250 || !smtp::OffersStarttls(reply)) return OnNoOffer(out);
        out.server() += "STARTTLS\r\n";
        awaited_ = Awaited::kGoAhead;
        return LegVerdict::Read();
      case Awaited::kGoAhead:
        break;
    }
    return CodeOf(reply) == 220 ? LegVerdict::Upgrade() : OnRefusal(reply, out);
  }

  // TLS is up, and all that was said before it is forgotten on both sides (RFC 3207 4.2).
  LegVerdict OnTlsUp(Out&) override {
    prologue.introduced = false;
    return LegVerdict::Settled();
  }

 private:
  enum class Awaited : uint8_t { kGreeting, kHello, kGoAhead };

  bool MustHaveTls() const { return mode == TlsMode::kRequired; }

  LegVerdict OnGreeting(std::string_view reply, Out& out) {
    prologue.greeting = reply;
    const bool upgrades = mode == TlsMode::kRequired || mode == TlsMode::kOpportunistic;
    if (CodeOf(reply) != 220 && MustHaveTls()) {
      return LegVerdict::Fail(End::kStarttlsNotOffered, Blame::kServer, "the server refused service");
    }
    if (!upgrades || CodeOf(reply) != 220) return LegVerdict::Settled();  // a refusal is the client's to read
    out.server().append(hello).append(" ").append(host).append("\r\n");
    awaited_ = Awaited::kHello;
    return LegVerdict::Read();
  }

  LegVerdict OnNoOffer(Out& out) {
    if (MustHaveTls()) {
      return LegVerdict::Fail(End::kStarttlsNotOffered, Blame::kServer, "the server does not offer STARTTLS");
    }
    out.note = "the server does not offer STARTTLS: going on in plaintext";
    return LegVerdict::Settled();
  }

  LegVerdict OnRefusal(std::string_view reply, Out& out) {
    const bool clean = CodeOf(reply) >= 400 && CodeOf(reply) < 600;
    if (MustHaveTls() || !clean) {
      return LegVerdict::Fail(End::kStarttlsRefused, Blame::kServer, "the server refused STARTTLS");
    }
    out.note = "the server refused STARTTLS: going on in plaintext";
    return LegVerdict::Settled();
  }

  Awaited awaited_ = Awaited::kGreeting;
};

/// The server role where TLS is required: nothing but EHLO, NOOP, RSET and QUIT before STARTTLS (RFC 3207 4).
/// The upstream waits untouched meanwhile. In the other modes the greeting is all there is to say.
class ClientLeg final : public Leg {
 public:
  using Leg::Leg;

  LegVerdict Begin(Out& out) override {
    out.client() += prologue.greeting;
    const bool refused = CodeOf(prologue.greeting) != 220;
    return mode == TlsMode::kRequired && !refused ? LegVerdict::Read() : LegVerdict::Settled();
  }

  Frame Cut(std::string_view in) override { return CutLine(in); }

  LegVerdict On(std::string_view line, Out& out) override {
    const smtp::Command command = smtp::Parse(line, hello);
    switch (command.verb) {
      case Verb::kEhlo:
        out.client() += "250-" + smtp::NameIn(prologue.greeting, host) + "\r\n250 STARTTLS\r\n";
        return LegVerdict::Read();
      case Verb::kStarttls:
        if (!command.argument.empty()) return Say("501 5.5.4 STARTTLS has no parameter\r\n", out);
        out.client() += "220 2.0.0 Ready to start TLS\r\n";
        return LegVerdict::Upgrade();
      case Verb::kNoop:
      case Verb::kRset:
        return Say("250 2.0.0 OK\r\n", out);
      case Verb::kQuit:
        out.client() += "221 2.0.0 Bye\r\n";
        return LegVerdict::Close(End::kClosed, Blame::kNone, "the client quit before STARTTLS");
      case Verb::kHelo:
      case Verb::kHelp:
      case Verb::kVrfy:
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
  static LegVerdict Say(std::string_view text, Out& out) {
    out.client() += text;
    return LegVerdict::Read();
  }
};

std::unique_ptr<Dialogue> Make(std::string_view hello, Env env) {
  Parts parts;
  parts.server = [hello, host = env.host](TlsMode mode, Prologue& prologue) {
    return std::make_unique<ServerLeg>(hello, host, mode, prologue);
  };
  parts.client = [hello, host = env.host, mode = env.client](Prologue& prologue) {
    return std::make_unique<ClientLeg>(hello, host, mode, prologue);
  };
  parts.filter = [hello, mode = env.client](Prologue& prologue) {
    return std::make_unique<smtp::SmtpFilter>(hello, mode, prologue);
  };
  parts.goodbye = [host = env.host](const Failure& failure) { return smtp::Goodbye(failure, host); };
  return std::make_unique<Paired>(std::move(env), std::move(parts));
}

}  // namespace

std::unique_ptr<Dialogue> MakeSmtp(Env env) { return Make(kEhlo, std::move(env)); }
std::unique_ptr<Dialogue> MakeLmtp(Env env) { return Make(kLhlo, std::move(env)); }

}  // namespace starlock::protocol
