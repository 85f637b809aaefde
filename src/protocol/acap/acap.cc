#include "protocol/acap/acap.h"

#include <utility>

#include "protocol/acap/filter.h"
#include "protocol/acap/probe.h"
#include "protocol/acap/words.h"
#include "protocol/core/paired.h"
#include "protocol/text/literals.h"

// Read beside RFC 2244 and RFC 2595 5. The server role faces the client, the client role the upstream.
namespace starlock::protocol::acap {
namespace {

constexpr std::string_view kTag = "starlock";

/// The client role: * ACAP, is it offered?, STARTTLS, tagged OK, TLS, * ACAP.
class ServerLeg final : public Negotiator {
 public:
  explicit ServerLeg(Prologue& prologue) : prologue_(prologue) {}

  LegAct Begin(Out&) override { return Read{}; }

  Frame Cut(std::string_view in, Scan& scan) override { return CutAnswerWithLiterals(in, scan); }

  LegAct On(std::string_view unit, Out& out) override {
    switch (awaited_) {
      case Awaited::kGreeting:
        return OnGreeting(unit, out);
      case Awaited::kGoAhead:
        return OnGoAhead(acap::ParseAnswer(unit));
      case Awaited::kGreetingInside:
        break;
    }
    prologue_.greeting = unit;  // the one before was anyone's to forge
    return Settled{};
  }

  // RFC 2595 5: the server MUST greet again.
  LegAct OnTlsUp(Out&) override {
    awaited_ = Awaited::kGreetingInside;
    return Read{};
  }

 private:
  enum class Awaited : uint8_t { kGreeting, kGoAhead, kGreetingInside };

  LegAct OnGreeting(std::string_view unit, Out& out) {
    prologue_.greeting = unit;
    if (!Upgrades(prologue_.env.server)) return Settled{};
    const Answer answer = acap::ParseAnswer(unit);
    if (answer.refers) return Referral();
    if (answer.kind != Kind::kGreeting && answer.kind != Kind::kBye) {
      return Fail{{End::kProtocolError, Blame::kServer, "not a greeting"}};
    }
    if (!acap::OffersStarttls(unit)) return NoTls{End::kStarttlsNotOffered, true};
    out.server().append(kTag).append(" STARTTLS\r\n");
    awaited_ = Awaited::kGoAhead;
    return Read{};
  }

  LegAct OnGoAhead(const Answer& answer) {
    if (answer.refers) return Referral();
    switch (answer.kind) {
      case Kind::kGreeting:
      case Kind::kUntagged:  // anyone's to forge: it goes no further
        if (++ignored_ <= acap::kMaxCommands) return Read{};
        return Fail{{End::kLimit, Blame::kServer, "too much came before the answer to STARTTLS"}};
      case Kind::kBye:
        return NoTls{End::kStarttlsRefused, false};
      case Kind::kOk:
        if (answer.tag == kTag) return StartTls{};
        break;
      case Kind::kNo:
      case Kind::kBad:
        if (answer.tag == kTag) return NoTls{End::kStarttlsRefused, true};
        break;
      case Kind::kContinue:
      case Kind::kData:
        break;
    }
    return Fail{{End::kProtocolError, Blame::kServer, "not an answer to STARTTLS"}};
  }

  static LegAct Referral() {
    return Fail{{End::kStarttlsRefused, Blame::kServer, "the server refers to another one before TLS"}};
  }

  Prologue& prologue_;
  Awaited awaited_ = Awaited::kGreeting;
  int ignored_ = 0;
};

/// The server role where TLS is required: nothing but NOOP, LANG and LOGOUT before STARTTLS. The upstream waits
/// untouched meanwhile. In the other modes the greeting is all there is to say.
class ClientLeg final : public Negotiator {
 public:
  explicit ClientLeg(Prologue& prologue) : prologue_(prologue) {}

  LegAct Begin(Out& out) override {
    const std::string& greeting = prologue_.greeting;
    const bool breaks_binding = prologue_.server_tls || prologue_.env.client != TlsMode::kOff;
    if (breaks_binding && acap::BindsChannels(greeting)) {
      out.Note(
          "the server offers channel binding (-PLUS), which cannot pass through a proxy that speaks TLS: clients that "
          "choose it will fail; switch these mechanisms off at the server");
    }
    switch (prologue_.env.client) {
      case TlsMode::kOff:
      case TlsMode::kImplicit:
        out.client() += acap::WithoutStarttls(greeting);
        return Settled{};
      case TlsMode::kOpportunistic:
        out.client() += acap::WithStarttls(greeting);
        return Settled{};
      case TlsMode::kRequired:
        break;
    }
    out.client() += acap::BeforeTls(greeting);
    if (acap::ParseAnswer(greeting).kind == Kind::kGreeting) return Read{};
    return Fail::Told(End::kClosed, Blame::kServer, "the server refused service");
  }

  Frame Cut(std::string_view in, Scan& scan) override {
    return CutCommandWithLiterals(in, scan, PlainLiteral::kWaits, owed_);
  }

  LegAct On(std::string_view unit, Out& out) override {
    if (++commands_ > acap::kMaxCommands) {
      return Fail{{End::kLimit, Blame::kClient, "too many commands before STARTTLS"}};
    }
    if (!std::exchange(continues_, false)) {
      const acap::Command command = acap::Parse(unit);
      tag_ = command.tag;
      verb_ = command.verb;
      has_argument_ = command.has_argument;
    }
    continues_ = EndsInCount(unit, owed_);
    owed_ = OwedLiteral(unit, owed_);
    return continues_ ? Answer("+", "Go on", out) : Obey(out);
  }

  LegAct OnTlsUp(Out& out) override {
    out.client() += acap::WithoutStarttls(prologue_.greeting);
    return Settled{};
  }

 private:
  // A whole command has come.
  LegAct Obey(Out& out) {
    if (tag_.empty()) return Answer("* BAD", "A command begins with a tag", out);
    switch (verb_) {
      case Verb::kNoop:
        return Answer(tag_ + " OK", "Done", out);
      case Verb::kLang:
        return Answer(tag_ + " NO", "No other language before TLS", out);
      case Verb::kLogout:
        out.client() += Say("* BYE", "Bye") + Say(tag_ + " OK", "Done");
        return Fail::Told(End::kClosed, Blame::kNone, "the client quit before STARTTLS");
      case Verb::kStarttls:
        if (has_argument_) return Answer(tag_ + " BAD", "STARTTLS has no argument", out);
        out.client() += Say(tag_ + " OK", "Begin TLS negotiation now");
        return StartTls{};
      case Verb::kAuthenticate:
      case Verb::kOther:
        break;
    }
    prologue_.refused = true;
    return Answer(tag_ + " NO (ENCRYPT-NEEDED)", "STARTTLS first", out);
  }

  static LegAct Answer(std::string_view head, std::string_view text, Out& out) {
    out.client() += Say(head, text);
    return Read{};
  }

  Prologue& prologue_;
  std::string tag_;  ///< of the command that is coming
  Verb verb_ = Verb::kOther;
  bool has_argument_ = false;
  bool continues_ = false;  ///< the client was told to go on
  size_t owed_ = 0;         ///< with so many octets of a literal
  int commands_ = 0;
};

}  // namespace

static std::unique_ptr<Dialogue> MakeAcap(Env env) {
  Parts parts;
  parts.server = [](Prologue& prologue) { return std::make_unique<ServerLeg>(prologue); };
  parts.client = [](Prologue& prologue) { return std::make_unique<ClientLeg>(prologue); };
  parts.filter = [](Prologue& prologue) { return std::make_unique<acap::AcapFilter>(prologue); };
  parts.goodbye = acap::Goodbye;
  return std::make_unique<Paired>(std::move(env), std::move(parts));
}

const Dialect kAcap = {
    .name = "acap",
    .default_port = 674,
    .make_dialogue = MakeAcap,
    .make_prober = ProbeAcap,
};

}  // namespace starlock::protocol::acap
