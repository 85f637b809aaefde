#include "protocol/imap/imap.h"

#include <utility>

#include "protocol/core/paired.h"
#include "protocol/imap/filter.h"
#include "protocol/imap/probe.h"
#include "protocol/imap/words.h"
#include "protocol/text/cutters.h"
#include "protocol/text/literals.h"

// Read beside RFC 9051 6.2.1, 7.1 and 11.1. The server role faces the client, the client role the upstream.
namespace starlock::protocol::imap {
namespace {

// So much may be said to us between a question and its answer, and nothing of it is kept.
constexpr int kMaxUntagged = 100;
// A literal before TLS: more than any ID needs (RFC 2971 3.3 has 1024 bytes a value).
constexpr uint64_t kMaxLiteral = 4096;

/// The client role: `* OK`, CAPABILITY, is it offered?, STARTTLS, `tag OK`.
///
/// The tags are no secret: who could use them has read our commands, and who has not can't have an answer lie ready,
/// since the input is empty each time that we ask (Dialogue).
class ServerLeg final : public Negotiator {
 public:
  explicit ServerLeg(Prologue& prologue) : prologue_(prologue) {}

  LegAct Begin(Out&) override { return Read{}; }

  Frame Cut(std::string_view in, Scan& scan) override { return imap::CutResponse(in, scan); }

  LegAct On(std::string_view unit, Out& out) override {
    const imap::Response response = imap::ParseResponse(unit);
    if (awaited_ == Awaited::kGreeting) return OnGreeting(unit, response, out);
    // What is not the answer is dropped, whatever it claims: mailboxes, alerts, capabilities of before TLS.
    if (response.kind == Kind::kUntagged && !response.Is("BYE")) return OnUntagged(unit, response);
    if (response.kind == Kind::kTagged && response.tag != Tag()) {
      return Fail{{End::kProtocolError, Blame::kServer, "an answer to what was not asked"}};
    }
    const bool tagged = response.kind == Kind::kTagged;
    if (awaited_ == Awaited::kGoAhead) {
      if (tagged && response.ok()) return StartTls{};
      return NoTls{End::kStarttlsRefused, tagged && response.refuses()};
    }
    if (tagged && response.ok() && offered_) return Ask(Awaited::kGoAhead, "STARTTLS", out);
    return NoTls{End::kStarttlsNotOffered, tagged && (response.ok() || response.refuses())};
  }

 private:
  enum class Awaited : uint8_t { kGreeting, kCapabilities, kGoAhead };

  LegAct OnGreeting(std::string_view unit, const imap::Response& greeting, Out& out) {
    const bool leaves = greeting.Is("BYE");
    const bool let_in = greeting.Is("PREAUTH");
    if (greeting.kind != Kind::kUntagged || !(greeting.ok() || leaves || let_in)) {
      return Fail{{End::kProtocolError, Blame::kServer, "the server's greeting is not IMAP's"}};
    }
    prologue_.greeting = unit;
    if (!Upgrades(prologue_.env.server)) return Settled{};
    // There is no STARTTLS for who is let in (RFC 9051 7.1.4): a greeting forged so must not do away with it.
    if (leaves || let_in) return NoTls{End::kStarttlsNotOffered, true};
    return Ask(Awaited::kCapabilities, "CAPABILITY", out);
  }

  LegAct OnUntagged(std::string_view unit, const imap::Response& response) {
    if (++untagged_ > kMaxUntagged) {
      return Fail{{End::kLimit, Blame::kServer, "the server says too much before its answer"}};
    }
    const bool capabilities = awaited_ == Awaited::kCapabilities && response.Is("CAPABILITY");
    if (capabilities) offered_ = imap::Lists(imap::CapabilitiesIn(unit), "STARTTLS");
    return Read{};
  }

  LegAct Ask(Awaited next, std::string_view command, Out& out) {
    awaited_ = next;
    out.server().append(Tag()).append(" ").append(command).append("\r\n");
    return Read{};
  }

  std::string_view Tag() const { return awaited_ == Awaited::kGoAhead ? "starlock2" : "starlock1"; }

  Prologue& prologue_;
  Awaited awaited_ = Awaited::kGreeting;
  bool offered_ = false;
  int untagged_ = 0;
};

/// The server role where TLS is required: nothing but CAPABILITY, NOOP, ID and LOGOUT before STARTTLS. The upstream
/// waits untouched meanwhile. In the other modes the greeting is all there is to say.
class ClientLeg final : public Negotiator {
 public:
  explicit ClientLeg(Prologue& prologue) : prologue_(prologue) {}

  LegAct Begin(Out& out) override {
    const imap::Response greeting = imap::ParseResponse(prologue_.greeting);
    const bool required = prologue_.env.client == TlsMode::kRequired;
    if (required && greeting.Is("PREAUTH")) {
      return Fail{{End::kTlsRequired, Blame::kServer, "the server has let the client in before its TLS"}};
    }
    out.client() += imap::GreetingFor(prologue_);
    if (!required) return Settled{};
    if (greeting.ok()) return Read{};
    return Fail::Told(End::kClosed, Blame::kServer, "the server refused service");
  }

  Frame Cut(std::string_view in, Scan& scan) override { return cutter_.Cut(in, scan); }

  LegAct On(std::string_view piece, Out& out) override {
    if (cutter_.between()) {
      if (++commands_ > imap::kMaxCommands) {
        return Fail{{End::kLimit, Blame::kClient, "too many commands before STARTTLS"}};
      }
      command_ = imap::Parse(piece);
    }
    cutter_.Use(piece);
    if (cutter_.between()) return Answer(out);
    const bool too_long = cutter_.left() > kMaxLiteral;
    if (cutter_.waits()) return OnWaitingLiteral(too_long, out);
    if (!too_long) return Read{};
    return Fail{{End::kProtocolError, Blame::kClient, "a literal that is too long"}};
  }

 private:
  // What would be refused anyway is refused now, while the name or password is not on the wire yet.
  LegAct OnWaitingLiteral(bool too_long, Out& out) {
    if (command_.verb == Verb::kId && !too_long) {
      cutter_.Allow();
      out.client() += "+ Go on\r\n";
      return Read{};
    }
    cutter_.Refuse();
    if (command_.verb == Verb::kId) return Say("BAD Too long", out);
    return Answer(out);
  }

  // The command is whole, or not worth waiting for.
  LegAct Answer(Out& out) {
    const bool bare = !command_.has_argument;
    switch (command_.verb) {
      case Verb::kCapability:
        if (!bare) return Say("BAD CAPABILITY has no argument", out);
        out.client().append("* ").append(imap::kBeforeTls).append("\r\n");
        return Say("OK That is all before TLS", out);
      case Verb::kId:
        out.client() += "* ID NIL\r\n";
        return Say("OK ID", out);
      case Verb::kNoop:
        return Say(bare ? "OK NOOP" : "BAD NOOP has no argument", out);
      case Verb::kLogout:
        if (!bare) return Say("BAD LOGOUT has no argument", out);
        out.client() += "* BYE Logging out\r\n";
        Say("OK LOGOUT", out);
        return Fail::Told(End::kClosed, Blame::kNone, "the client left before STARTTLS");
      case Verb::kStarttls:
        if (!bare) return Say("BAD STARTTLS has no argument", out);
        Say("OK Begin TLS negotiation now", out);
        return StartTls{};
      case Verb::kMalformed:
        return Say("BAD This is no command", out);
      case Verb::kLogin:
      case Verb::kAuthenticate:
      case Verb::kOther:
        break;
    }
    prologue_.refused = true;
    return Say("NO [PRIVACYREQUIRED] Must issue a STARTTLS command first", out);
  }

  LegAct Say(std::string_view text, Out& out) {
    out.client() += imap::Tagged(command_, text);
    return Read{};
  }

  Prologue& prologue_;
  CommandCutter cutter_;
  imap::Command command_;
  int commands_ = 0;
};

}  // namespace

static std::unique_ptr<Dialogue> MakeImap(Env env) {
  Parts parts;
  parts.server = [](Prologue& prologue) { return std::make_unique<ServerLeg>(prologue); };
  parts.client = [](Prologue& prologue) { return std::make_unique<ClientLeg>(prologue); };
  parts.filter = [](Prologue& prologue) { return std::make_unique<imap::ImapFilter>(prologue); };
  parts.goodbye = imap::Goodbye;
  return std::make_unique<Paired>(std::move(env), std::move(parts));
}

const Dialect kImap = {
    .name = "imap",
    .default_port = 143,
    .alpn = "imap",
    .make_dialogue = MakeImap,
    .make_prober = ProbeImap,
};

}  // namespace starlock::protocol::imap
