#include "protocol/irc/irc.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "protocol/core/paired.h"
#include "protocol/core/required_upgrade_leg.h"
#include "protocol/irc/filter.h"
#include "protocol/irc/probe.h"
#include "protocol/irc/words.h"
#include "protocol/text/lines.h"

// IRCv3's `tls` extension. IRC has no greeting: a server may send NOTICEs before STARTTLS, after it, or not at all.
namespace starlock::protocol::irc {
namespace {

// A server sends a handful of NOTICEs while it looks up the client's name.
constexpr int kMaxLinesBefore = 64;

/// The client role: CAP LS, is `tls` listed?, STARTTLS, 670. CAP comes first because a server without STARTTLS may
/// ignore the command (InspIRCd ignores all unknown commands before registration). A server that refuses CAP is sent
/// STARTTLS at once. CAP LS makes the server defer registration until CAP END. The client may not know CAP, so we end
/// it: after STARTTLS, because a proxy like this one may refuse an upgrade after CAP END. After an upgrade, all that
/// the server said before the go-ahead is dropped, because it could be forged. If the leg stays plaintext, the client
/// gets all of it in order, except for the reply to our CAP command.
class ServerLeg final : public Negotiator {
 public:
  explicit ServerLeg(Prologue& prologue) : prologue_(prologue) {}

  // Not CAP LS 302: the server would then send CAP NEW to a client that did not ask for it.
  LegAct Begin(Out& out) override {
    if (!Upgrades(prologue_.env.server)) return Settled{};
    out.server() += "CAP LS\r\n";
    return Read{};
  }

  // Whenever we speak next, everything that the server has sent must be consumed. TLS begins right after a go-ahead.
  Frame Cut(std::string_view in, Scan& scan) override {
    const size_t end = in.find('\n');
    const bool refused = end != std::string_view::npos && Refusal(Parse(in.substr(0, end + 1)));
    return asked_ && !refused ? CutLine(in, scan) : CutLines(in, scan);
  }

  LegAct On(std::string_view unit, Out& out) override { return asked_ ? OnAnswer(unit, out) : OnLines(unit, out); }

  LegAct OnTlsUp(Out& out) override {
    EndCap(out);
    return Settled{};
  }

 private:
  // Before we send STARTTLS.
  LegAct OnLines(std::string_view lines, Out& out) {
    bool whole = false;
    while (!lines.empty()) {
      const std::string_view line = TakeLine(lines);
      const Message message = Parse(line);
      if (message.Is("670") || message.Is("691")) {
        return Fail{{End::kProtocolError, Blame::kServer, "the server answered before it was asked"}};
      }
      if (!whole && (message.Is("CAP") || IsRefusal(message))) {
        whole = OnCapabilities(message);
        continue;
      }
      if (!Keep(line)) return TooMuch();
      if (message.Is("ERROR")) return NoTls{End::kStarttlsRefused, true};
    }
    return whole ? Decide(out) : Read{};
  }

  // Returns true if the answer to CAP LS is complete.
  bool OnCapabilities(const Message& message) {
    knows_cap_ = message.Is("CAP");
    if (!knows_cap_) return true;
    const CapAnswer answer = ParseCap(message);
    offered_ = offered_ || HasTls(answer.list);
    return EqualsNoCase(answer.sub, "LS") && !answer.more;
  }

  LegAct Decide(Out& out) {
    if (knows_cap_ && !offered_) return WithoutTls(End::kStarttlsNotOffered, out);
    out.server() += "STARTTLS\r\n";
    asked_ = true;
    return Read{};
  }

  // After it. More lines than one follow only a refusal.
  LegAct OnAnswer(std::string_view lines, Out& out) {
    const std::string_view line = TakeLine(lines);
    const Message message = Parse(line);
    if (message.Is("670")) {
      prologue_.greeting.clear();
      return StartTls{};
    }
    if (const auto refusal = Refusal(message)) {
      while (!lines.empty()) {
        if (!Keep(TakeLine(lines))) return TooMuch();
      }
      return WithoutTls(*refusal, out);
    }
    if (!Keep(line)) return TooMuch();
    return message.Is("ERROR") ? LegAct(NoTls{End::kStarttlsRefused, true}) : Read{};
  }

  static std::optional<End> Refusal(const Message& message) {
    if (message.Is("691")) return End::kStarttlsRefused;
    if (message.Is("421") || message.Is("451")) return End::kStarttlsNotOffered;
    return std::nullopt;
  }

  void EndCap(Out& out) const {
    if (knows_cap_) out.server() += "CAP END\r\n";
  }

  LegAct WithoutTls(End why, Out& out) const {
    if (prologue_.env.server == TlsMode::kOpportunistic) EndCap(out);
    return NoTls{why, true};
  }

  // Keeps a line for the client, for a leg that stays plaintext. Returns false if that is too much.
  bool Keep(std::string_view line) {
    if (++lines_ > kMaxLinesBefore || prologue_.greeting.size() + line.size() > kMaxUnit) return false;
    prologue_.greeting += line;
    return true;
  }

  static LegAct TooMuch() {
    return Fail{{End::kProtocolError, Blame::kServer, "the server sent too much before its reply"}};
  }

  Prologue& prologue_;
  bool asked_ = false;  ///< we have sent STARTTLS
  bool knows_cap_ = false;
  bool offered_ = false;
  int lines_ = 0;
};

/// The server role. In mode `required` we answer CAP and PING. Registration without TLS ends the session, because IRC
/// has no reply that refuses it.
class ClientLeg final : public RequiredUpgradeLeg {
 public:
  using RequiredUpgradeLeg::RequiredUpgradeLeg;

  LegAct Begin(Out& out) override {
    // Some clients take the first line for the reply to STARTTLS, so the server's own lines follow after the upgrade.
    if (prologue().env.client == TlsMode::kRequired) return Read{};
    out.client() += prologue().greeting;
    return Settled{};
  }

  Frame Cut(std::string_view in, Scan& scan) override { return CutLine(in, scan); }

  LegAct On(std::string_view line, Out& out) override {
    if (auto fail = Count()) return *std::move(fail);
    const BeforeTls command = Judge(line);
    LegAct act = Obey(command, out);
    if (command.then != BeforeTls::Then::kRefuse) return act;
    return Fail{{End::kTlsRequired, Blame::kClient, "the client did not upgrade to TLS"}};
  }

  LegAct OnTlsUp(Out& out) override {
    out.client() += prologue().greeting;
    return Settled{};
  }

 private:
  using Then = BeforeTls::Then;

  bool Serves(std::string_view /*greeting*/) const override { return true; }

  BeforeTls Judge(std::string_view line) override {
    const Env& env = prologue().env;
    const Message message = Parse(line);
    switch (VerbOf(message)) {
      case Verb::kStarttls:
        if (!message.rest.empty()) return {Then::kStay, NotNow(env, "it takes no parameters")};
        return {Then::kUpgrade, GoAhead(env)};
      case Verb::kCapLs:
        return Cap("LS :tls");
      case Verb::kCapList:
        return Cap("LIST :");
      case Verb::kCapReq:
        return OnCapReq(message);
      case Verb::kPing: {
        std::string_view rest = message.rest;
        return {Then::kStay, fmt::format(":{} PONG {} :{}\r\n", env.host, env.host, TakeParameter(rest))};
      }
      case Verb::kQuit:
        return {Then::kLeave, ClosingLink(env, "Quit")};
      case Verb::kCapEnd:
      case Verb::kPong:
      case Verb::kNotice:
        return {Then::kStay, {}};
      case Verb::kAuthenticate:
      case Verb::kOther:
        break;
    }
    return {Then::kRefuse, {}};
  }

  BeforeTls Cap(std::string_view what) const {
    return {Then::kStay, fmt::format(":{} CAP * {}\r\n", prologue().env.host, what)};
  }

  BeforeTls OnCapReq(const Message& message) const {
    std::string_view rest = message.rest;
    TakeParameter(rest);
    const std::string_view list = TakeParameter(rest);
    return Cap(fmt::format("{} :{}", EqualsNoCase(list, "tls") ? "ACK" : "NAK", list));
  }
};

std::unique_ptr<Dialogue> Make(Env env) {
  Parts parts;
  parts.server_chats = true;
  parts.server_leg = [](Prologue& prologue) { return std::make_unique<ServerLeg>(prologue); };
  parts.client_leg = [](Prologue& prologue) { return std::make_unique<ClientLeg>(prologue); };
  parts.filter = [](Prologue& prologue) { return std::make_unique<IrcFilter>(prologue); };
  parts.goodbye = Goodbye;
  return std::make_unique<Paired>(std::move(env), std::move(parts));
}

}  // namespace

const Dialect kIrc = {
    .name = "irc",
    .default_port = 6667,
    .alpn = "irc",
    .make_dialogue = Make,
    .make_prober = MakeIrcProber,
};

}  // namespace starlock::protocol::irc
