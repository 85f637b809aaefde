#include "protocol/nntp.h"

#include <utility>

#include "protocol/cutters.h"
#include "protocol/nntp_filter.h"
#include "protocol/nntp_words.h"
#include "protocol/paired.h"

// Read beside RFC 4642. The server role faces the client, the client role the upstream. The greeting is the upstream's,
// whose 200 or 201 says whether posting is allowed.
namespace starlock::protocol {
namespace {

using nntp::Verb;

/// The client role: 200 or 201, CAPABILITIES, is it offered?, STARTTLS, 382.
class ServerLeg final : public Negotiator {
 public:
  explicit ServerLeg(Prologue& prologue) : prologue_(prologue) {}

  LegVerdict Begin(Out&) override { return LegVerdict::Read(); }

  Frame Cut(std::string_view in) override {
    return awaited_ == Awaited::kCapabilities ? nntp::CutCapabilities(in) : nntp::CutStatus(in);
  }

  LegVerdict On(std::string_view reply, Out& out) override {
    const int code = nntp::CodeOf(reply);
    const bool refused = (code / 100 == 4 || code / 100 == 5) && code != 400;  // 400: the server is leaving
    switch (awaited_) {
      case Awaited::kGreeting:
        prologue_.greeting = reply;
        if (!Upgrades(prologue_.env.server)) return LegVerdict::Settled();
        if (!nntp::Greets(reply)) return LegVerdict::NoTls(End::kStarttlsNotOffered, true);  // the client's to read
        return Ask(Awaited::kCapabilities, "CAPABILITIES\r\n", out);
      case Awaited::kCapabilities:
        if (code == 101 && DottedHas(reply, "STARTTLS")) return Ask(Awaited::kGoAhead, "STARTTLS\r\n", out);
        return LegVerdict::NoTls(End::kStarttlsNotOffered, refused || code == 101);
      case Awaited::kGoAhead:
        break;
    }
    return code == 382 ? LegVerdict::Upgrade() : LegVerdict::NoTls(End::kStarttlsRefused, refused);
  }

 private:
  enum class Awaited : uint8_t { kGreeting, kCapabilities, kGoAhead };

  LegVerdict Ask(Awaited next, std::string_view command, Out& out) {
    out.server() += command;
    awaited_ = next;
    return LegVerdict::Read();
  }

  Prologue& prologue_;
  Awaited awaited_ = Awaited::kGreeting;
};

/// The server role where TLS is required: nothing but CAPABILITIES and QUIT before STARTTLS, all else is 483. The
/// upstream waits untouched meanwhile. In the other modes the greeting is all there is to say.
class ClientLeg final : public Negotiator {
 public:
  explicit ClientLeg(Prologue& prologue) : prologue_(prologue) {}

  LegVerdict Begin(Out& out) override {
    out.client() += prologue_.greeting;
    if (prologue_.env.client != TlsMode::kRequired) return LegVerdict::Settled();
    if (nntp::Greets(prologue_.greeting)) return LegVerdict::Read();
    return LegVerdict::Close(End::kClosed, Blame::kServer, "the server refused service");
  }

  Frame Cut(std::string_view in) override { return CutLine(in); }

  LegVerdict On(std::string_view line, Out& out) override {
    if (++commands_ > nntp::kMaxCommands) {
      return LegVerdict::Fail(End::kLimit, Blame::kClient, "too many commands before STARTTLS");
    }
    const nntp::Command command = nntp::Parse(line);
    switch (command.verb) {
      case Verb::kCapabilities:
        return Say("101 Capability list:\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n", out);
      case Verb::kStarttls:
        if (!command.argument.empty()) return Say("501 STARTTLS has no parameter\r\n", out);
        out.client() += "382 Continue with TLS negotiation\r\n";
        return LegVerdict::Upgrade();
      case Verb::kQuit:
        out.client() += "205 Bye\r\n";
        return LegVerdict::Close(End::kClosed, Blame::kNone, "the client quit before STARTTLS");
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
  static LegVerdict Say(std::string_view text, Out& out) {
    out.client() += text;
    return LegVerdict::Read();
  }

  Prologue& prologue_;
  int commands_ = 0;
};

}  // namespace

std::unique_ptr<Dialogue> MakeNntp(Env env) {
  Parts parts;
  parts.server = [](Prologue& prologue) { return std::make_unique<ServerLeg>(prologue); };
  parts.client = [](Prologue& prologue) { return std::make_unique<ClientLeg>(prologue); };
  parts.filter = [](Prologue& prologue) { return std::make_unique<nntp::NntpFilter>(prologue); };
  parts.goodbye = nntp::Goodbye;
  return std::make_unique<Paired>(std::move(env), std::move(parts));
}

}  // namespace starlock::protocol
