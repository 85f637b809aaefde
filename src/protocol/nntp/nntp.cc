#include "protocol/nntp/nntp.h"

#include <utility>

#include "protocol/core/paired.h"
#include "protocol/nntp/filter.h"
#include "protocol/nntp/probe.h"
#include "protocol/nntp/words.h"
#include "protocol/text/cutters.h"

// Read beside RFC 4642. The server role faces the client, the client role the upstream. The greeting is the upstream's,
// whose 200 or 201 says whether posting is allowed.
namespace starlock::protocol::nntp {
namespace {

/// The client role: 200 or 201, CAPABILITIES, is it offered?, STARTTLS, 382.
class ServerLeg final : public Negotiator {
 public:
  explicit ServerLeg(Prologue& prologue) : prologue_(prologue) {}

  LegAct Begin(Out&) override { return Read{}; }

  Frame Cut(std::string_view in, Scan& scan) override {
    return awaited_ == Awaited::kCapabilities ? nntp::CutCapabilities(in, scan) : nntp::CutStatus(in, scan);
  }

  LegAct On(std::string_view reply, Out& out) override {
    const int code = nntp::CodeOf(reply);
    const bool refused = (code / 100 == 4 || code / 100 == 5) && code != 400;  // 400: the server is leaving
    switch (awaited_) {
      case Awaited::kGreeting:
        prologue_.greeting = reply;
        if (!Upgrades(prologue_.env.server)) return Settled{};
        if (!nntp::Greets(reply)) return NoTls{End::kStarttlsNotOffered, true};  // the client's to read
        return Ask(Awaited::kCapabilities, "CAPABILITIES\r\n", out);
      case Awaited::kCapabilities:
        if (code == 101 && DottedHas(reply, "STARTTLS")) return Ask(Awaited::kGoAhead, "STARTTLS\r\n", out);
        return NoTls{End::kStarttlsNotOffered, refused || code == 101};
      case Awaited::kGoAhead:
        break;
    }
    return code == 382 ? LegAct(StartTls{}) : NoTls{End::kStarttlsRefused, refused};
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

/// The server role where TLS is required: nothing but CAPABILITIES and QUIT before STARTTLS, all else is 483. The
/// upstream waits untouched meanwhile. In the other modes the greeting is all there is to say.
class ClientLeg final : public Negotiator {
 public:
  explicit ClientLeg(Prologue& prologue) : prologue_(prologue) {}

  LegAct Begin(Out& out) override {
    out.client() += prologue_.greeting;
    if (prologue_.env.client != TlsMode::kRequired) return Settled{};
    if (nntp::Greets(prologue_.greeting)) return Read{};
    return Fail::Told(End::kClosed, Blame::kServer, "the server refused service");
  }

  Frame Cut(std::string_view in, Scan& scan) override { return CutLine(in, scan); }

  LegAct On(std::string_view line, Out& out) override {
    if (++commands_ > nntp::kMaxCommands) {
      return Fail{{End::kLimit, Blame::kClient, "too many commands before STARTTLS"}};
    }
    const nntp::Command command = nntp::Parse(line);
    switch (command.verb) {
      case Verb::kCapabilities:
        return Say("101 Capability list:\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n", out);
      case Verb::kStarttls:
        if (!command.argument.empty()) return Say("501 STARTTLS has no parameter\r\n", out);
        out.client() += "382 Continue with TLS negotiation\r\n";
        return StartTls{};
      case Verb::kQuit:
        out.client() += "205 Bye\r\n";
        return Fail::Told(End::kClosed, Blame::kNone, "the client quit before STARTTLS");
      case Verb::kModeReader:
      case Verb::kQuery:
      case Verb::kAuthinfo:
      case Verb::kListgroup:
      case Verb::kPost:
      case Verb::kTakethis:
      case Verb::kCompress:
      case Verb::kOther:
        break;
    }
    prologue_.refused = true;
    return Say("483 Must issue a STARTTLS command first\r\n", out);
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

static std::unique_ptr<Dialogue> MakeNntp(Env env) {
  Parts parts;
  parts.server = [](Prologue& prologue) { return std::make_unique<ServerLeg>(prologue); };
  parts.client = [](Prologue& prologue) { return std::make_unique<ClientLeg>(prologue); };
  parts.filter = [](Prologue& prologue) { return std::make_unique<nntp::NntpFilter>(prologue); };
  parts.goodbye = nntp::Goodbye;
  return std::make_unique<Paired>(std::move(env), std::move(parts));
}

const Dialect kNntp = {
    .name = "nntp",
    .default_port = 119,
    .alpn = "nntp",
    .make_dialogue = MakeNntp,
    .make_prober = ProbeNntp,
};

}  // namespace starlock::protocol::nntp
