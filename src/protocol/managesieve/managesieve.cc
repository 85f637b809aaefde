#include "protocol/managesieve/managesieve.h"

#include <fmt/format.h>

#include <utility>

#include "protocol/core/client_role.h"
#include "protocol/core/paired.h"
#include "protocol/core/required_upgrade_leg.h"
#include "protocol/managesieve/filter.h"
#include "protocol/managesieve/words.h"
#include "protocol/text/literals.h"

// RFC 5804 1.7 and 2.2.
namespace starlock::protocol::managesieve {
namespace {

/// The client role: capabilities and OK, is STARTTLS listed?, STARTTLS, OK; TLS; capabilities and OK again.
class ManagesieveClientRole final : public ClientRole {
 public:
  Frame Cut(Stage, std::string_view in, Scan& scan) override { return CutResponse(in, scan); }

  Meaning Understand(Stage stage, std::string_view response) override {
    const std::string_view last = LinesOf(response).back();
    switch (stage) {
      case Stage::kGreeting:
        if (Refers(last)) return Meaning::kRefers;
        return KindOf(last) == Line::kOk ? Meaning::kYes : Meaning::kNo;
      case Stage::kCapabilities:
        return OffersStarttls(response) ? Meaning::kYes : Meaning::kNo;
      case Stage::kGoAhead:
        break;
      case Stage::kInside:
        return Meaning::kYes;
    }
    if (Refers(response)) return Meaning::kRefers;
    switch (KindOf(response)) {
      case Line::kOk:
        return Meaning::kYes;
      case Line::kNo:
        return Meaning::kNo;
      case Line::kBye:
        return Meaning::kLeaving;
      case Line::kData:
        break;
    }
    return Meaning::kViolation;
  }

  std::string Ask(Stage stage) override { return stage == Stage::kGoAhead ? "STARTTLS\r\n" : ""; }
  std::string Quit() override { return "LOGOUT\r\n"; }

  // Lists `"SASL" "PLAIN"` as: SASL PLAIN.
  std::optional<Findings::Capabilities> List(Stage, std::string_view response) override {
    const std::vector<std::string_view> lines = LinesOf(response);
    if (KindOf(lines.back()) != Line::kOk) return std::nullopt;
    Findings::Capabilities capabilities;
    for (std::string_view line : lines) {
      if (KindOf(line) != Line::kData) continue;
      std::vector<std::string> words;
      for (Token token = TakeToken(line); token.kind != Token::Kind::kEnd; token = TakeToken(line)) {
        words.push_back(std::move(token.value));
      }
      capabilities.push_back(fmt::format("{}", fmt::join(words, " ")));
    }
    return capabilities;
  }

  bool GreetsInside() const override { return true; }
};

// `text` as a quoted string or, if it has characters that cannot be quoted, as a literal.
std::string AsString(const std::string& text) {
  if (text.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos) return Quoted(text);
  return fmt::format("{{{}}}\r\n{}", text.size(), text);
}

constexpr GreetingEdits kEdits = {
    .binds_channels = BindsChannels,
    .without_starttls = WithoutStarttls,
    .with_starttls = WithStarttls,
    .before_required = CapabilitiesBeforeTls,
};

/// Faces the client. RFC 5804 2.2: after TLS we send the capabilities again, unasked and without STARTTLS.
class ClientLeg final : public CapabilityGreetingLeg {
 public:
  explicit ClientLeg(Prologue& prologue) : CapabilityGreetingLeg(prologue, kEdits) {}

  Frame Cut(std::string_view in, Scan& scan) override {
    return CutCommandWithLiterals(in, scan, PlainLiteral::kRefused);
  }

 private:
  using Then = BeforeTls::Then;

  bool Serves(std::string_view greeting) const override { return KindOf(LinesOf(greeting).back()) == Line::kOk; }

  BeforeTls Judge(std::string_view unit) override {
    const Command command = Parse(unit);
    switch (command.verb) {
      case Verb::kCapability:
        return {Then::kStay, CapabilitiesBeforeTls(prologue().greeting)};
      case Verb::kNoop:  // RFC 5804 2.13: the reply repeats the argument
        if (!command.has_argument) return {Then::kStay, QuotedLine("OK", "Done")};
        return {Then::kStay, QuotedLine(fmt::format("OK (TAG {})", AsString(command.argument)), "Done")};
      case Verb::kLogout:
        return {Then::kLeave, QuotedLine("OK", "Bye")};
      case Verb::kStarttls:
        if (command.has_argument) return {Then::kStay, QuotedLine("NO", "STARTTLS takes no argument")};
        return {Then::kUpgrade, QuotedLine("OK", "Begin TLS negotiation now")};
      case Verb::kAuthenticate:
      case Verb::kOther:
        break;
    }
    return {Then::kRefuse, QuotedLine("NO (ENCRYPT-NEEDED)", "Must issue a STARTTLS command first")};
  }
};

std::unique_ptr<Dialogue> Make(Env env) {
  Parts parts;
  parts.server_leg = [](Prologue& prologue) {
    return MakeServerLeg(prologue, std::make_unique<ManagesieveClientRole>());
  };
  parts.client_leg = [](Prologue& prologue) { return std::make_unique<ClientLeg>(prologue); };
  parts.filter = [](Prologue& prologue) { return std::make_unique<ManagesieveFilter>(prologue); };
  parts.goodbye = Goodbye;
  return std::make_unique<Paired>(std::move(env), std::move(parts));
}

std::unique_ptr<Negotiator> Probe(const std::string& /*host*/, Findings& findings) {
  return MakeProber(findings, std::make_unique<ManagesieveClientRole>());
}

}  // namespace

const Dialect kManagesieve = {
    .name = "managesieve",
    .default_port = 4190,
    .alpn = "managesieve",
    .make_dialogue = Make,
    .make_prober = Probe,
};

}  // namespace starlock::protocol::managesieve
