#include "protocol/managesieve/managesieve.h"

#include <fmt/format.h>

#include <utility>

#include "protocol/core/client_role.h"
#include "protocol/core/paired.h"
#include "protocol/core/required_upgrade_leg.h"
#include "protocol/managesieve/filter.h"
#include "protocol/managesieve/words.h"
#include "protocol/text/literals.h"

// Read beside RFC 5804 1.7 and 2.2.
namespace starlock::protocol::managesieve {
namespace {

/// Faces the upstream: capabilities and OK, is STARTTLS among them?, STARTTLS, OK; TLS; capabilities and OK again.
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

  // `"SASL" "PLAIN"` as: SASL PLAIN.
  std::optional<Findings::Capabilities> List(Stage, std::string_view response) override {
    const std::vector<std::string_view> lines = LinesOf(response);
    if (KindOf(lines.back()) != Line::kOk) return std::nullopt;
    Findings::Capabilities capabilities;
    for (std::string_view line : lines) {
      if (KindOf(line) != Line::kData) continue;
      std::string text;
      for (Token token = TakeToken(line); token.kind != Token::Kind::kEnd; token = TakeToken(line)) {
        text.append(text.empty() ? "" : " ").append(token.value);
      }
      capabilities.push_back(std::move(text));
    }
    return capabilities;
  }

  bool GreetsInside() const override { return true; }
};

// Whatever is in the text: it may have come as a literal.
std::string AsString(const std::string& text) {
  if (text.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos) return Quoted(text);
  return fmt::format("{{{}}}\r\n{}", text.size(), text);
}

/// Faces the client. RFC 5804 2.2: the capabilities come again after TLS, unasked and without STARTTLS.
class ClientLeg final : public RequiredUpgradeLeg {
 public:
  using RequiredUpgradeLeg::RequiredUpgradeLeg;

  Frame Cut(std::string_view in, Scan& scan) override {
    return CutCommandWithLiterals(in, scan, PlainLiteral::kRefused);
  }

  LegAct OnTlsUp(Out& out) override {
    out.client() += WithoutStarttls(prologue().greeting);
    return Settled{};
  }

 private:
  using Then = BeforeTls::Then;

  std::string Greeting(Out& out) const override {
    const std::string& greeting = prologue().greeting;
    const bool breaks_binding = prologue().server_tls || prologue().env.client != TlsMode::kOff;
    if (breaks_binding && BindsChannels(greeting)) out.Note(kChannelBindingNote);
    switch (prologue().env.client) {
      case TlsMode::kOff:
      case TlsMode::kImplicit:
        return WithoutStarttls(greeting);
      case TlsMode::kOpportunistic:
        return WithStarttls(greeting);
      case TlsMode::kRequired:
        break;
    }
    return CapabilitiesBeforeTls(greeting);
  }

  bool Serves(std::string_view greeting) const override { return KindOf(LinesOf(greeting).back()) == Line::kOk; }

  BeforeTls Judge(std::string_view unit) override {
    const Command command = Parse(unit);
    switch (command.verb) {
      case Verb::kCapability:
        return {Then::kStay, CapabilitiesBeforeTls(prologue().greeting)};
      case Verb::kNoop:  // RFC 5804 2.13: its argument comes back
        if (!command.has_argument) return {Then::kStay, Say("OK", "Done")};
        return {Then::kStay, Say(fmt::format("OK (TAG {})", AsString(command.argument)), "Done")};
      case Verb::kLogout:
        return {Then::kLeave, Say("OK", "Bye")};
      case Verb::kStarttls:
        if (command.has_argument) return {Then::kStay, Say("NO", "STARTTLS takes no argument")};
        return {Then::kUpgrade, Say("OK", "Begin TLS negotiation now")};
      case Verb::kAuthenticate:
      case Verb::kOther:
        break;
    }
    return {Then::kRefuse, Say("NO (ENCRYPT-NEEDED)", "Must issue a STARTTLS command first")};
  }
};

std::unique_ptr<Dialogue> Make(Env env) {
  Parts parts;
  parts.server = [](Prologue& prologue) { return MakeServerLeg(prologue, std::make_unique<ManagesieveClientRole>()); };
  parts.client = [](Prologue& prologue) { return std::make_unique<ClientLeg>(prologue); };
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
