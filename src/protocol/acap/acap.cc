#include "protocol/acap/acap.h"

#include <fmt/format.h>

#include <utility>

#include "protocol/acap/filter.h"
#include "protocol/acap/words.h"
#include "protocol/core/client_role.h"
#include "protocol/core/paired.h"
#include "protocol/core/required_upgrade_leg.h"
#include "protocol/text/literals.h"

// RFC 2244 and RFC 2595 5.
namespace starlock::protocol::acap {
namespace {

/// The client role: * ACAP, is STARTTLS listed?, STARTTLS, tagged OK; TLS; * ACAP again, which RFC 2595 5 requires.
class AcapClientRole final : public ClientRole {
 public:
  Frame Cut(Stage, std::string_view in, Scan& scan) override { return CutAnswerWithLiterals(in, scan); }

  Meaning Understand(Stage stage, std::string_view unit) override {
    const Answer answer = ParseAnswer(unit);
    switch (stage) {
      case Stage::kGreeting:
        if (answer.refers) return Meaning::kRefers;
        if (answer.kind == Kind::kGreeting) return Meaning::kYes;
        return answer.kind == Kind::kBye ? Meaning::kNo : Meaning::kViolation;
      case Stage::kCapabilities:
        return OffersStarttls(unit) ? Meaning::kYes : Meaning::kNo;
      case Stage::kGoAhead:
        return answer.refers ? Meaning::kRefers : OfStarttls(answer);
      case Stage::kInside:
        break;
    }
    return Meaning::kYes;
  }

  std::string Ask(Stage stage) override {
    return stage == Stage::kGoAhead ? fmt::format("{} STARTTLS\r\n", kTag) : std::string();
  }
  std::string Quit() override { return "starlock2 LOGOUT\r\n"; }

  // Lists `* ACAP (SASL "PLAIN") (STARTTLS)` as: SASL PLAIN, STARTTLS.
  std::optional<Findings::Capabilities> List(Stage, std::string_view greeting) override {
    if (ParseAnswer(greeting).kind != Kind::kGreeting) return std::nullopt;
    Findings::Capabilities capabilities;
    for (Token token = TakeToken(greeting); token.kind != Token::Kind::kEnd; token = TakeToken(greeting)) {
      if (token.kind == Token::Kind::kOpen) {
        capabilities.push_back(TakeToken(greeting).value);
      } else if (token.kind != Token::Kind::kClose && !capabilities.empty()) {
        capabilities.back() = fmt::format("{} {}", capabilities.back(), token.value);
      }
    }
    return capabilities;
  }

  bool GreetsInside() const override { return true; }

 private:
  static constexpr std::string_view kTag = "starlock";

  static Meaning OfStarttls(const Answer& answer) {
    switch (answer.kind) {
      case Kind::kGreeting:
      case Kind::kUntagged:
        return Meaning::kSkip;
      case Kind::kBye:
        return Meaning::kLeaving;
      case Kind::kOk:
        return answer.tag == kTag ? Meaning::kYes : Meaning::kViolation;
      case Kind::kNo:
      case Kind::kBad:
        return answer.tag == kTag ? Meaning::kNo : Meaning::kViolation;
      case Kind::kContinue:
      case Kind::kData:
        break;
    }
    return Meaning::kViolation;
  }
};

constexpr GreetingEdits kEdits = {
    .binds_channels = BindsChannels,
    .without_starttls = WithoutStarttls,
    .with_starttls = WithStarttls,
    .before_required = GreetingBeforeTls,
};

/// Faces the client. A command whose literal waits for a `+` arrives in several units.
class ClientLeg final : public CapabilityGreetingLeg {
 public:
  explicit ClientLeg(Prologue& prologue) : CapabilityGreetingLeg(prologue, kEdits) {}

  Frame Cut(std::string_view in, Scan& scan) override {
    return CutCommandWithLiterals(in, scan, PlainLiteral::kWaits, owed_);
  }

 private:
  using Then = BeforeTls::Then;

  bool Serves(std::string_view greeting) const override { return ParseAnswer(greeting).kind == Kind::kGreeting; }

  BeforeTls Judge(std::string_view unit) override {
    if (!std::exchange(continues_, false)) {
      const Command command = Parse(unit);
      tag_ = command.tag;
      verb_ = command.verb;
      has_argument_ = command.has_argument;
    }
    continues_ = EndsInLiteral(unit, owed_);
    owed_ = OwedLiteral(unit, owed_);
    return continues_ ? BeforeTls{Then::kStay, QuotedLine("+", "Ready for literal data")} : JudgeWhole();
  }

  BeforeTls JudgeWhole() const {
    if (tag_.empty()) return {Then::kStay, QuotedLine("* BAD", "Missing command tag")};
    switch (verb_) {
      case Verb::kNoop:
        return {Then::kStay, Tagged("OK", "Done")};
      case Verb::kLang:
        return {Then::kStay, Tagged("NO", "Language cannot be changed before TLS")};
      case Verb::kLogout:
        return {Then::kLeave, fmt::format("{}{}", QuotedLine("* BYE", "Bye"), Tagged("OK", "Done"))};
      case Verb::kStarttls:
        if (has_argument_) return {Then::kStay, Tagged("BAD", "STARTTLS takes no argument")};
        return {Then::kUpgrade, Tagged("OK", "Begin TLS negotiation now")};
      case Verb::kAuthenticate:
      case Verb::kOther:
        break;
    }
    return {Then::kRefuse, Tagged("NO (ENCRYPT-NEEDED)", "Must issue a STARTTLS command first")};
  }

  std::string Tagged(std::string_view status, std::string_view text) const {
    return QuotedLine(fmt::format("{} {}", tag_, status), text);
  }

  std::string tag_;  ///< of the current command
  Verb verb_ = Verb::kOther;
  bool has_argument_ = false;
  bool continues_ = false;  ///< the next unit belongs to the current command
  size_t owed_ = 0;         ///< octets of a literal at its start
};

std::unique_ptr<Dialogue> Make(Env env) {
  Parts parts;
  parts.server_leg = [](Prologue& prologue) { return MakeServerLeg(prologue, std::make_unique<AcapClientRole>()); };
  parts.client_leg = [](Prologue& prologue) { return std::make_unique<ClientLeg>(prologue); };
  parts.filter = [](Prologue& prologue) { return std::make_unique<AcapFilter>(prologue); };
  parts.goodbye = Goodbye;
  return std::make_unique<Paired>(std::move(env), std::move(parts));
}

std::unique_ptr<Negotiator> Probe(const std::string& /*host*/, Findings& findings) {
  return MakeProber(findings, std::make_unique<AcapClientRole>());
}

}  // namespace

const Dialect kAcap = {
    .name = "acap",
    .default_port = 674,
    .make_dialogue = Make,
    .make_prober = Probe,
};

}  // namespace starlock::protocol::acap
