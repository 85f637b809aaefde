#include "protocol/pop3/pop3.h"

#include <utility>

#include "protocol/core/paired.h"
#include "protocol/pop3/filter.h"
#include "protocol/pop3/probe.h"
#include "protocol/pop3/words.h"
#include "protocol/text/cutters.h"

// Read beside RFC 2595 4. The server role faces the client, the client role the upstream. The greeting is the
// upstream's, byte for byte: its stamp is what APOP is reckoned from (RFC 1939 7).
namespace starlock::protocol::pop3 {
namespace {

/// The client role: +OK, CAPA, is it offered?, STLS, +OK.
class ServerLeg final : public Negotiator {
 public:
  explicit ServerLeg(Prologue& prologue) : prologue_(prologue) {}

  LegAct Begin(Out&) override { return Read{}; }

  Frame Cut(std::string_view in, Scan& scan) override {
    return awaited_ == Awaited::kCapabilities ? pop3::CutList(in, scan) : pop3::CutStatus(in, scan);
  }

  LegAct On(std::string_view reply, Out& out) override {
    switch (awaited_) {
      case Awaited::kGreeting:
        prologue_.greeting = reply;
        if (!Upgrades(prologue_.env.server)) return Settled{};
        if (!pop3::IsOk(reply)) return NoTls{End::kStarttlsNotOffered, true};  // the client's to read
        return Ask(Awaited::kCapabilities, "CAPA\r\n", out);
      case Awaited::kCapabilities:
        if (pop3::IsOk(reply) && DottedHas(reply, "STLS")) return Ask(Awaited::kGoAhead, "STLS\r\n", out);
        return NoTls{End::kStarttlsNotOffered, true};
      case Awaited::kGoAhead:
        break;
    }
    return pop3::IsOk(reply) ? LegAct(StartTls{}) : NoTls{End::kStarttlsRefused, true};
  }

 private:
  enum class Awaited : uint8_t { kGreeting, kCapabilities, kGoAhead };

  LegAct Ask(Awaited next, std::string_view command, Out& out) {
    out.server() += command;
    awaited_ = next;
    return Read{};
  }

  Prologue& prologue_;
  Awaited awaited_ = Awaited::kGreeting;
};

/// The server role where TLS is required: nothing but CAPA, NOOP and QUIT before STLS. The upstream waits untouched
/// meanwhile. In the other modes the greeting is all there is to say.
class ClientLeg final : public Negotiator {
 public:
  explicit ClientLeg(Prologue& prologue) : prologue_(prologue) {}

  LegAct Begin(Out& out) override {
    out.client() += prologue_.greeting;
    if (prologue_.env.client != TlsMode::kRequired) return Settled{};
    if (pop3::IsOk(prologue_.greeting)) return Read{};
    return Fail::Told(End::kClosed, Blame::kServer, "the server refused service");
  }

  Frame Cut(std::string_view in, Scan& scan) override { return CutLine(in, scan); }

  LegAct On(std::string_view line, Out& out) override {
    if (++commands_ > pop3::kMaxCommands) {
      return Fail{{End::kLimit, Blame::kClient, "too many commands before STLS"}};
    }
    const pop3::Command command = pop3::Parse(line);
    switch (command.verb) {
      case Verb::kCapa:
        return Say("+OK Capability list follows\r\nSTLS\r\n.\r\n", out);
      case Verb::kStls:
        if (!command.argument.empty()) return Say("-ERR STLS has no parameter\r\n", out);
        out.client() += "+OK Begin TLS negotiation\r\n";
        return StartTls{};
      case Verb::kNoop:
        return Say("+OK\r\n", out);
      case Verb::kQuit:
        out.client() += "+OK Bye\r\n";
        return Fail::Told(End::kClosed, Blame::kNone, "the client quit before STLS");
      case Verb::kUtf8:
      case Verb::kLang:
      case Verb::kUser:
      case Verb::kLogin:
      case Verb::kAuth:
      case Verb::kOther:
        break;
    }
    prologue_.refused = true;
    return Say("-ERR Must issue a STLS command first\r\n", out);
  }

 private:
  static LegAct Say(std::string_view text, Out& out) {
    out.client() += text;
    return Read{};
  }

  Prologue& prologue_;
  int commands_ = 0;
};

}  // namespace

static std::unique_ptr<Dialogue> MakePop3(Env env) {
  Parts parts;
  parts.server = [](Prologue& prologue) { return std::make_unique<ServerLeg>(prologue); };
  parts.client = [](Prologue& prologue) { return std::make_unique<ClientLeg>(prologue); };
  parts.filter = [](Prologue& prologue) { return std::make_unique<pop3::Pop3Filter>(prologue); };
  parts.goodbye = pop3::Goodbye;
  return std::make_unique<Paired>(std::move(env), std::move(parts));
}

const Dialect kPop3 = {
    .name = "pop3",
    .default_port = 110,
    .alpn = "pop3",
    .make_dialogue = MakePop3,
    .make_prober = ProbePop3,
};

}  // namespace starlock::protocol::pop3
