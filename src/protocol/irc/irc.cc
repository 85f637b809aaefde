#include "protocol/irc/irc.h"

#include <utility>

#include "protocol/core/paired.h"
#include "protocol/irc/filter.h"
#include "protocol/irc/probe.h"
#include "protocol/irc/words.h"
#include "protocol/text/cutters.h"

// Read beside IRCv3's `tls` extension. The server role faces the client, the client role the upstream. There is no
// greeting: what a server says of itself it says as NOTICEs, before STARTTLS, behind it, or never.
namespace starlock::protocol::irc {
namespace {

// A server that looks up its client's name says a handful of NOTICEs about it.
constexpr int kMaxLinesBefore = 64;

/// The client role: CAP LS, is `tls` among it?, STARTTLS, which is answered with 670 or refused. A server without
/// STARTTLS may be silent to it (InspIRCd is to all it does not know, before a client is registered), so it is asked
/// first; only one that does not know CAP is asked for STARTTLS at once. Nothing that is said before the go-ahead
/// survives TLS, for anybody could have said it; where the leg stays plaintext, the client reads it all in order, but
/// for the answer to our question.
class ServerLeg final : public Negotiator {
 public:
  explicit ServerLeg(Prologue& prologue) : prologue_(prologue) {}

  // Not CAP LS 302: that would have the server tell a client of changes (CAP NEW) who never asked to be told.
  LegAct Begin(Out& out) override {
    if (!Upgrades(prologue_.env.server)) return Settled{};
    out.server() += "CAP LS\r\n";
    return Read{};
  }

  Frame Cut(std::string_view in, Scan& scan) override { return asked_ ? CutLine(in, scan) : irc::CutLines(in, scan); }

  LegAct On(std::string_view unit, Out& out) override { return asked_ ? OnLine(unit) : OnLines(unit, out); }

 private:
  // Before STARTTLS is asked for.
  LegAct OnLines(std::string_view lines, Out& out) {
    bool whole = false;
    while (!lines.empty()) {
      const std::string_view line = irc::TakeLine(lines);
      const irc::Message message = irc::Parse(line);
      if (message.Is("670") || message.Is("691")) {
        return Fail{{End::kProtocolError, Blame::kServer, "the server answered before it was asked"}};
      }
      if (!whole && (message.Is("CAP") || irc::RefusesCap(message))) {
        whole = OnCapabilities(message);
        continue;
      }
      if (!Keep(line)) return TooMuch();
      if (message.Is("ERROR")) return NoTls{End::kStarttlsRefused, true};
    }
    return whole ? Decide(out) : Read{};
  }

  // True: the answer is whole.
  bool OnCapabilities(const irc::Message& message) {
    knows_cap_ = message.Is("CAP");
    if (!knows_cap_) return true;
    const irc::CapAnswer answer = irc::ParseCap(message);
    offered_ = offered_ || irc::HasTls(answer.list);
    return EqualsNoCase(answer.sub, "LS") && !answer.more;
  }

  // CAP LS has the server put off registration until CAP END: the client, which may not know CAP, must not have to
  // wait.
  LegAct Decide(Out& out) {
    if (knows_cap_) out.server() += "CAP END\r\n";
    if (knows_cap_ && !offered_) return NoTls{End::kStarttlsNotOffered, true};
    out.server() += "STARTTLS\r\n";
    asked_ = true;
    return Read{};
  }

  LegAct OnLine(std::string_view line) {
    const irc::Message message = irc::Parse(line);
    if (message.Is("670")) {
      prologue_.greeting.clear();
      return StartTls{};
    }
    if (message.Is("691")) return NoTls{End::kStarttlsRefused, true};
    if (message.Is("421") || message.Is("451")) return NoTls{End::kStarttlsNotOffered, true};
    if (!Keep(line)) return TooMuch();
    return message.Is("ERROR") ? LegAct(NoTls{End::kStarttlsRefused, true}) : Read{};
  }

  // For the client, where the leg stays plaintext.
  bool Keep(std::string_view line) {
    if (++lines_ > kMaxLinesBefore || prologue_.greeting.size() + line.size() > kMaxUnit) return false;
    prologue_.greeting += line;
    return true;
  }

  static LegAct TooMuch() {
    return Fail{{End::kProtocolError, Blame::kServer, "the server says much, but does not answer"}};
  }

  Prologue& prologue_;
  bool asked_ = false;  ///< for STARTTLS
  bool knows_cap_ = false;
  bool offered_ = false;
  int lines_ = 0;
};

/// The server role where TLS is required: CAP and PING are answered by us, and the upstream waits untouched. In the
/// other modes there is nothing to say.
class ClientLeg final : public Negotiator {
 public:
  explicit ClientLeg(Prologue& prologue) : prologue_(prologue) {}

  LegAct Begin(Out& out) override {
    // Some clients take the first line for the answer to STARTTLS: the server's own words wait until behind it.
    if (prologue_.env.client == TlsMode::kRequired) return Read{};
    out.client() += prologue_.greeting;
    return Settled{};
  }

  Frame Cut(std::string_view in, Scan& scan) override { return CutLine(in, scan); }

  LegAct OnTlsUp(Out& out) override {
    out.client() += prologue_.greeting;
    return Settled{};
  }

  LegAct On(std::string_view line, Out& out) override {
    const Env& env = prologue_.env;
    if (++commands_ > irc::kMaxCommands) {
      return Fail{{End::kLimit, Blame::kClient, "too many commands before STARTTLS"}};
    }
    const irc::Message message = irc::Parse(line);
    switch (irc::VerbOf(message)) {
      case Verb::kStarttls:
        if (!message.rest.empty()) return Say(irc::NotNow(env, "it has no parameters"), out);
        out.client() += irc::GoAhead(env);
        return StartTls{};
      case Verb::kCapLs:
        return Say(Cap("LS :tls"), out);
      case Verb::kCapList:
        return Say(Cap("LIST :"), out);
      case Verb::kCapReq:
        return Say(Requested(message), out);
      case Verb::kPing: {
        std::string_view rest = message.rest;
        return Say(":" + env.host + " PONG " + env.host + " :" + std::string(irc::TakeParameter(rest)) + "\r\n", out);
      }
      case Verb::kQuit:
        out.client() += irc::ClosingLink(env, "Quit");
        return Fail::Told(End::kClosed, Blame::kNone, "the client quit before STARTTLS");
      case Verb::kCapEnd:
      case Verb::kPong:
      case Verb::kNotice:
        return Read{};
      case Verb::kAuthenticate:
      case Verb::kOther:
        break;
    }
    prologue_.refused = true;
    return Fail{{End::kTlsRequired, Blame::kClient, "the client never upgraded to TLS"}};
  }

 private:
  static LegAct Say(std::string_view text, Out& out) {
    out.client() += text;
    return Read{};
  }

  std::string Cap(std::string_view what) const {
    return ":" + prologue_.env.host + " CAP * " + std::string(what) + "\r\n";
  }

  std::string Requested(const irc::Message& message) const {
    std::string_view rest = message.rest;
    irc::TakeParameter(rest);
    const std::string_view list = irc::TakeParameter(rest);
    return Cap(std::string(EqualsNoCase(list, "tls") ? "ACK :" : "NAK :") + std::string(list));
  }

  Prologue& prologue_;
  int commands_ = 0;
};

}  // namespace

static std::unique_ptr<Dialogue> MakeIrc(Env env) {
  Parts parts;
  parts.server_chats = true;
  parts.server = [](Prologue& prologue) { return std::make_unique<ServerLeg>(prologue); };
  parts.client = [](Prologue& prologue) { return std::make_unique<ClientLeg>(prologue); };
  parts.filter = [](Prologue& prologue) { return std::make_unique<irc::IrcFilter>(prologue); };
  parts.goodbye = irc::Goodbye;
  return std::make_unique<Paired>(std::move(env), std::move(parts));
}

const Dialect kIrc = {
    .name = "irc",
    .default_port = 6667,
    .alpn = "irc",
    .make_dialogue = MakeIrc,
    .make_prober = ProbeIrc,
};

}  // namespace starlock::protocol::irc
