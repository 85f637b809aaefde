#include "protocol/imap/imap.h"

#include <fmt/format.h>

#include <utility>

#include "protocol/core/client_role.h"
#include "protocol/core/paired.h"
#include "protocol/core/required_upgrade_leg.h"
#include "protocol/imap/filter.h"
#include "protocol/imap/words.h"
#include "protocol/text/literals.h"

// RFC 9051 6.2.1, 7.1 and 11.1.
namespace starlock::protocol::imap {
namespace {

// Limit for a literal before TLS. It exceeds what ID needs (RFC 2971 3.3: 1024 bytes per value).
constexpr uint64_t kMaxLiteral = 4096;

/// The client role: `* OK`, CAPABILITY, is STARTTLS listed?, STARTTLS, `tag OK`.
///
/// The tags need not be secret. The Dialogue checks that the server's input is empty whenever we send a command, so a
/// reply cannot be prepared without having read that command.
class ImapClientRole final : public ClientRole {
 public:
  Frame Cut(Stage, std::string_view in, Scan& scan) override { return CutResponse(in, scan); }

  bool IsGreeting(std::string_view unit) const override {
    const Response greeting = ParseResponse(unit);
    return greeting.kind == Kind::kUntagged && (greeting.ok() || greeting.Is("BYE") || greeting.Is("PREAUTH"));
  }

  Meaning Understand(Stage stage, std::string_view unit) override {
    const Response response = ParseResponse(unit);
    // PREAUTH rules out STARTTLS (RFC 9051 7.1.4): a forged one must not lead to plaintext.
    if (stage == Stage::kGreeting) return response.ok() ? Meaning::kYes : Meaning::kNo;
    // Untagged data before TLS can be forged and is dropped: mailboxes, alerts, capabilities.
    if (response.kind == Kind::kUntagged && !response.Is("BYE")) {
      if (stage != Stage::kGoAhead && response.Is("CAPABILITY")) listed_ = response.text;
      return Meaning::kSkip;
    }
    if (response.kind != Kind::kTagged) return Meaning::kLeaving;
    if (response.tag != TagOf(stage)) return Meaning::kViolation;
    const bool yes = response.ok() && (stage != Stage::kCapabilities || Lists(listed_, "STARTTLS"));
    if (yes) return Meaning::kYes;
    return response.ok() || response.refuses() ? Meaning::kNo : Meaning::kLeaving;
  }

  std::string Ask(Stage stage) override {
    listed_.clear();
    return fmt::format("{} {}\r\n", TagOf(stage), stage == Stage::kGoAhead ? "STARTTLS" : "CAPABILITY");
  }
  std::string Quit() override { return "starlock4 LOGOUT\r\n"; }

  std::optional<Findings::Capabilities> List(Stage, std::string_view unit) override {
    if (!ParseResponse(unit).ok()) return std::nullopt;
    Findings::Capabilities capabilities;
    for (std::string_view rest = listed_; !rest.empty();) {
      const std::string_view word = TakeWord(rest);
      if (!word.empty()) capabilities.emplace_back(word);
    }
    return capabilities;
  }

 private:
  static std::string_view TagOf(Stage stage) {
    if (stage == Stage::kInside) return "starlock3";
    return stage == Stage::kGoAhead ? "starlock2" : "starlock1";
  }

  std::string listed_;  ///< the capabilities of the latest untagged CAPABILITY since our command
};

/// The server role. In mode `required`, only CAPABILITY, NOOP, ID and LOGOUT are answered before STARTTLS.
class ClientLeg final : public RequiredUpgradeLeg {
 public:
  using RequiredUpgradeLeg::RequiredUpgradeLeg;

  LegAct Begin(Out& out) override {
    const bool required = prologue().env.client == TlsMode::kRequired;
    if (required && ParseResponse(prologue().greeting).Is("PREAUTH")) {
      return Fail{{End::kTlsRequired, Blame::kServer, "the server sent PREAUTH before the client's TLS"}};
    }
    return RequiredUpgradeLeg::Begin(out);
  }

  Frame Cut(std::string_view in, Scan& scan) override { return cutter_.Cut(in, scan); }

  LegAct On(std::string_view piece, Out& out) override {
    if (cutter_.between()) {
      if (auto fail = Count()) return *std::move(fail);
      command_ = Parse(piece);
    }
    cutter_.Use(piece);
    if (cutter_.between()) return Obey(JudgeWhole(), out);
    const bool too_long = cutter_.left() > kMaxLiteral;
    if (cutter_.waits()) return Obey(JudgeWaiting(too_long), out);
    if (!too_long) return Read{};
    return Fail{{End::kProtocolError, Blame::kClient, "a literal that is too long"}};
  }

 private:
  using Then = BeforeTls::Then;

  std::string Greeting(Out& /*out*/) const override { return GreetingFor(prologue()); }
  bool Serves(std::string_view greeting) const override { return ParseResponse(greeting).ok(); }
  BeforeTls Judge(std::string_view /*unit*/) override { return JudgeWhole(); }

  // A command that will be refused is refused before its literal, which may be a name or a password, is sent.
  BeforeTls JudgeWaiting(bool too_long) {
    if (command_.verb == Verb::kId && !too_long) {
      cutter_.Allow();
      return {Then::kStay, "+ Ready for literal data\r\n"};
    }
    cutter_.Refuse();
    return command_.verb == Verb::kId ? Say("BAD Literal too long") : JudgeWhole();
  }

  // The command is complete, or its literal makes no difference.
  BeforeTls JudgeWhole() const {
    const bool bare = !command_.has_argument;
    switch (command_.verb) {
      case Verb::kCapability:
        if (!bare) return Say("BAD CAPABILITY takes no argument");
        return {Then::kStay, fmt::format("* {}\r\n{}", kBeforeTls, Tagged(command_, "OK CAPABILITY"))};
      case Verb::kId:
        return {Then::kStay, fmt::format("* ID NIL\r\n{}", Tagged(command_, "OK ID"))};
      case Verb::kNoop:
        return Say(bare ? "OK NOOP" : "BAD NOOP takes no argument");
      case Verb::kLogout:
        if (!bare) return Say("BAD LOGOUT takes no argument");
        return {Then::kLeave, fmt::format("* BYE Logging out\r\n{}", Tagged(command_, "OK LOGOUT"))};
      case Verb::kStarttls:
        if (!bare) return Say("BAD STARTTLS takes no argument");
        return {Then::kUpgrade, Tagged(command_, "OK Begin TLS negotiation now")};
      case Verb::kMalformed:
        return Say("BAD Invalid command");
      case Verb::kLogin:
      case Verb::kAuthenticate:
      case Verb::kOther:
        break;
    }
    return {Then::kRefuse, Tagged(command_, "NO [PRIVACYREQUIRED] Must issue a STARTTLS command first")};
  }

  BeforeTls Say(std::string_view text) const { return {Then::kStay, Tagged(command_, text)}; }

  CommandCutter cutter_;
  Command command_;
};

std::unique_ptr<Dialogue> Make(Env env) {
  Parts parts;
  parts.server_leg = [](Prologue& prologue) { return MakeServerLeg(prologue, std::make_unique<ImapClientRole>()); };
  parts.client_leg = [](Prologue& prologue) { return std::make_unique<ClientLeg>(prologue); };
  parts.filter = [](Prologue& prologue) { return std::make_unique<ImapFilter>(prologue); };
  parts.goodbye = Goodbye;
  return std::make_unique<Paired>(std::move(env), std::move(parts));
}

std::unique_ptr<Negotiator> Probe(const std::string& /*host*/, Findings& findings) {
  return MakeProber(findings, std::make_unique<ImapClientRole>());
}

}  // namespace

const Dialect kImap = {
    .name = "imap",
    .default_port = 143,
    .alpn = "imap",
    .make_dialogue = Make,
    .make_prober = Probe,
};

}  // namespace starlock::protocol::imap
