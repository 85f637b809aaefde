#include "protocol/smtp/smtp.h"

#include <fmt/format.h>

#include <utility>

#include "protocol/core/client_role.h"
#include "protocol/core/paired.h"
#include "protocol/core/required_upgrade_leg.h"
#include "protocol/smtp/filter.h"
#include "protocol/smtp/words.h"
#include "protocol/text/lines.h"

// RFC 3207. LMTP differs in one word: LHLO instead of EHLO (RFC 2033 4.1).
namespace starlock::protocol::smtp {
namespace {

/// The client role: 220, EHLO, is STARTTLS listed?, STARTTLS, 220.
class SmtpClientRole final : public ClientRole {
 public:
  SmtpClientRole(std::string_view hello, std::string host) : hello_(hello), host_(std::move(host)) {}

  Frame Cut(Stage, std::string_view in, Scan& scan) override { return CutSmtpReply(in, scan); }

  Meaning Understand(Stage stage, std::string_view reply) override {
    const int code = CodeOf(reply);
    const bool refused = (code / 100 == 4 || code / 100 == 5) && code != 421;  // 421: the server is leaving
    switch (stage) {
      case Stage::kGreeting:
        return code == 220 ? Meaning::kYes : Meaning::kNo;  // any other greeting is passed to the client
      case Stage::kCapabilities:
        introduced_ = code == 250;
        if (code == 250) return Offers(reply, "STARTTLS") ? Meaning::kYes : Meaning::kNo;
        return refused ? Meaning::kNo : Meaning::kLeaving;
      case Stage::kGoAhead:
        break;
      case Stage::kInside:
        return Meaning::kYes;
    }
    if (code == 220) return Meaning::kYes;
    return refused ? Meaning::kNo : Meaning::kLeaving;
  }

  std::string Ask(Stage stage) override {
    return stage == Stage::kGoAhead ? "STARTTLS\r\n" : fmt::format("{} {}\r\n", hello_, host_);
  }
  std::string Quit() override { return "QUIT\r\n"; }

  std::optional<Findings::Capabilities> List(Stage, std::string_view reply) override {
    if (CodeOf(reply) != 250) return std::nullopt;
    return ExtensionsIn(reply);
  }

  bool introduced() const override { return introduced_; }

 private:
  const std::string_view hello_;  ///< EHLO, or LHLO
  const std::string host_;        ///< our own name
  bool introduced_ = false;
};

constexpr VerbRow kBeforeTls[] = {
    {"STARTTLS", BeforeTls::Then::kUpgrade, "220 2.0.0 Ready to start TLS\r\n",
     "501 5.5.4 STARTTLS takes no parameter\r\n"},
    {"NOOP", BeforeTls::Then::kStay, "250 2.0.0 OK\r\n"},
    {"RSET", BeforeTls::Then::kStay, "250 2.0.0 OK\r\n"},
    {"QUIT", BeforeTls::Then::kLeave, "221 2.0.0 Bye\r\n"},
};
constexpr LineSpeech kSpeech = {
    .verbs = kBeforeTls,
    .refusal = "530 5.7.0 Must issue a STARTTLS command first\r\n",
    .serves = [](std::string_view greeting) { return CodeOf(greeting) == 220; },
    .of_verb = IsLetter,
};

/// The server role in mode `required` (RFC 3207 4).
class ClientLeg final : public LineUpgradeLeg {
 public:
  ClientLeg(std::string_view hello, Prologue& prologue) : LineUpgradeLeg(prologue, kSpeech), hello_(hello) {}

 private:
  BeforeTls Judge(std::string_view line) override {
    if (!EqualsNoCase(SplitVerb(line, IsLetter).verb, hello_)) return LineUpgradeLeg::Judge(line);
    const std::string name = NameIn(prologue().greeting, prologue().env.host);
    return {BeforeTls::Then::kStay, fmt::format("250-{}\r\n250 STARTTLS\r\n", name)};
  }

  const std::string_view hello_;
};

std::unique_ptr<Dialogue> Make(std::string_view hello, Env env) {
  Parts parts;
  parts.server_leg = [hello](Prologue& prologue) {
    return MakeServerLeg(prologue, std::make_unique<SmtpClientRole>(hello, prologue.env.host));
  };
  parts.client_leg = [hello](Prologue& prologue) { return std::make_unique<ClientLeg>(hello, prologue); };
  parts.filter = [hello](Prologue& prologue) { return std::make_unique<SmtpFilter>(hello, prologue); };
  parts.goodbye = Goodbye;
  return std::make_unique<Paired>(std::move(env), std::move(parts));
}

std::unique_ptr<Negotiator> Probe(std::string_view hello, const std::string& host, Findings& findings) {
  return MakeProber(findings, std::make_unique<SmtpClientRole>(hello, host));
}

}  // namespace

const Dialect kSmtp = {
    .name = "smtp",
    .default_port = 25,
    .alpn = "smtp",
    .make_dialogue = [](Env env) { return Make("EHLO", std::move(env)); },
    .make_prober = [](const std::string& host, Findings& findings) { return Probe("EHLO", host, findings); },
};

const Dialect kLmtp = {
    .name = "lmtp",
    .default_port = 24,
    .alpn = "lmtp",
    .make_dialogue = [](Env env) { return Make("LHLO", std::move(env)); },
    .make_prober = [](const std::string& host, Findings& findings) { return Probe("LHLO", host, findings); },
};

}  // namespace starlock::protocol::smtp
