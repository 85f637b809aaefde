#include "protocol/managesieve/managesieve.h"

#include <utility>

#include "protocol/core/paired.h"
#include "protocol/managesieve/filter.h"
#include "protocol/managesieve/probe.h"
#include "protocol/managesieve/words.h"
#include "protocol/text/literals.h"

// Read beside RFC 5804 1.7 and 2.2. The server role faces the client, the client role the upstream.
namespace starlock::protocol::managesieve {
namespace {

/// The client role: capabilities and OK, is it offered?, STARTTLS, OK, TLS, capabilities and OK.
class ServerLeg final : public Negotiator {
 public:
  explicit ServerLeg(Prologue& prologue) : prologue_(prologue) {}

  LegAct Begin(Out&) override { return Read{}; }

  Frame Cut(std::string_view in, Scan& scan) override { return managesieve::CutResponse(in, scan); }

  LegAct On(std::string_view response, Out& out) override {
    switch (awaited_) {
      case Awaited::kGreeting:
        return OnGreeting(response, out);
      case Awaited::kGoAhead:
        return OnGoAhead(response);
      case Awaited::kGreetingInside:
        break;
    }
    prologue_.greeting = response;  // the one before was anyone's to forge
    return Settled{};
  }

  // The server speaks first again (RFC 5804 2.2).
  LegAct OnTlsUp(Out&) override {
    awaited_ = Awaited::kGreetingInside;
    return Read{};
  }

 private:
  enum class Awaited : uint8_t { kGreeting, kGoAhead, kGreetingInside };

  LegAct OnGreeting(std::string_view response, Out& out) {
    prologue_.greeting = response;
    if (!Upgrades(prologue_.env.server)) return Settled{};
    const std::string_view last = managesieve::LinesOf(response).back();
    if (managesieve::Refers(last)) return Referral();
    if (KindOf(last) != Line::kOk || !managesieve::OffersStarttls(response)) {
      return NoTls{End::kStarttlsNotOffered, true};
    }
    out.server() += "STARTTLS\r\n";
    awaited_ = Awaited::kGoAhead;
    return Read{};
  }

  static LegAct OnGoAhead(std::string_view response) {
    if (managesieve::Refers(response)) return Referral();
    switch (KindOf(response)) {
      case Line::kOk:
        return StartTls{};
      case Line::kNo:
        return NoTls{End::kStarttlsRefused, true};
      case Line::kBye:
        return NoTls{End::kStarttlsRefused, false};
      case Line::kData:
        break;
    }
    return Fail{{End::kProtocolError, Blame::kServer, "the answer to STARTTLS does not begin as one"}};
  }

  static LegAct Referral() {
    return Fail{{End::kStarttlsRefused, Blame::kServer, "the server refers to another one before TLS"}};
  }

  Prologue& prologue_;
  Awaited awaited_ = Awaited::kGreeting;
};

/// The server role where TLS is required: nothing but CAPABILITY, NOOP and LOGOUT before STARTTLS. The upstream waits
/// untouched meanwhile. In the other modes the greeting is all there is to say.
class ClientLeg final : public Negotiator {
 public:
  explicit ClientLeg(Prologue& prologue) : prologue_(prologue) {}

  LegAct Begin(Out& out) override {
    const std::string& greeting = prologue_.greeting;
    const bool breaks_binding = prologue_.server_tls || prologue_.env.client != TlsMode::kOff;
    if (breaks_binding && managesieve::BindsChannels(greeting)) {
      out.Note(
          "the server offers channel binding (-PLUS), which cannot pass through a proxy that speaks TLS: clients that "
          "choose it will fail; switch these mechanisms off at the server");
    }
    switch (prologue_.env.client) {
      case TlsMode::kOff:
      case TlsMode::kImplicit:
        out.client() += managesieve::WithoutStarttls(greeting);
        return Settled{};
      case TlsMode::kOpportunistic:
        out.client() += managesieve::WithStarttls(greeting);
        return Settled{};
      case TlsMode::kRequired:
        break;
    }
    out.client() += managesieve::BeforeTls(greeting);
    if (KindOf(managesieve::LinesOf(greeting).back()) == Line::kOk) return Read{};
    return Fail::Told(End::kClosed, Blame::kServer, "the server refused service");
  }

  Frame Cut(std::string_view in, Scan& scan) override {
    return CutCommandWithLiterals(in, scan, PlainLiteral::kRefused);
  }

  LegAct On(std::string_view unit, Out& out) override {
    if (++commands_ > managesieve::kMaxCommands) {
      return Fail{{End::kLimit, Blame::kClient, "too many commands before STARTTLS"}};
    }
    const managesieve::Command command = managesieve::Parse(unit);
    switch (command.verb) {
      case Verb::kCapability:
        return Answer(managesieve::BeforeTls(prologue_.greeting), out);
      case Verb::kNoop:  // RFC 5804 2.13: what it says comes back
        if (!command.has_argument) return Answer(Say("OK", "Done"), out);
        return Answer(Say("OK (TAG " + Literal(command.argument) + ")", "Done"), out);
      case Verb::kLogout:
        out.client() += Say("OK", "Bye");
        return Fail::Told(End::kClosed, Blame::kNone, "the client quit before STARTTLS");
      case Verb::kStarttls:
        if (command.has_argument) return Answer(Say("NO", "STARTTLS has no argument"), out);
        out.client() += Say("OK", "Begin TLS negotiation now");
        return StartTls{};
      case Verb::kAuthenticate:
      case Verb::kOther:
        break;
    }
    prologue_.refused = true;
    return Answer(Say("NO (ENCRYPT-NEEDED)", "STARTTLS first"), out);
  }

  // RFC 5804 2.2: the capabilities again, unasked, and without STARTTLS.
  LegAct OnTlsUp(Out& out) override {
    out.client() += managesieve::WithoutStarttls(prologue_.greeting);
    return Settled{};
  }

 private:
  static LegAct Answer(std::string_view text, Out& out) {
    out.client() += text;
    return Read{};
  }

  // Whatever is in it: it may have come as a literal.
  static std::string Literal(const std::string& text) {
    if (text.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos) return Quoted(text);
    return "{" + std::to_string(text.size()) + "}\r\n" + text;
  }

  Prologue& prologue_;
  int commands_ = 0;
};

}  // namespace

static std::unique_ptr<Dialogue> MakeManagesieve(Env env) {
  Parts parts;
  parts.server = [](Prologue& prologue) { return std::make_unique<ServerLeg>(prologue); };
  parts.client = [](Prologue& prologue) { return std::make_unique<ClientLeg>(prologue); };
  parts.filter = [](Prologue& prologue) { return std::make_unique<managesieve::ManagesieveFilter>(prologue); };
  parts.goodbye = managesieve::Goodbye;
  return std::make_unique<Paired>(std::move(env), std::move(parts));
}

const Dialect kManagesieve = {
    .name = "managesieve",
    .default_port = 4190,
    .alpn = "managesieve",
    .make_dialogue = MakeManagesieve,
    .make_prober = ProbeManagesieve,
};

}  // namespace starlock::protocol::managesieve
