#include "protocol/nntp/nntp.h"

#include <utility>

#include "protocol/core/client_role.h"
#include "protocol/core/paired.h"
#include "protocol/core/required_upgrade_leg.h"
#include "protocol/nntp/filter.h"
#include "protocol/nntp/words.h"
#include "protocol/text/lines.h"

// RFC 4642. The client gets the upstream's greeting, whose 200 or 201 says whether posting is allowed.
namespace starlock::protocol::nntp {
namespace {

/// The client role: 200 or 201, CAPABILITIES, is STARTTLS listed?, STARTTLS, 382.
class NntpClientRole final : public ClientRole {
 public:
  Frame Cut(Stage stage, std::string_view in, Scan& scan) override {
    const bool list = stage == Stage::kCapabilities || stage == Stage::kInside;
    return list ? CutCapabilities(in, scan) : CutStatus(in, scan);
  }

  Meaning Understand(Stage stage, std::string_view reply) override {
    const int code = CodeOf(reply);
    const bool refused = (code / 100 == 4 || code / 100 == 5) && code != 400;  // 400: the server is leaving
    switch (stage) {
      case Stage::kGreeting:
        return Greets(reply) ? Meaning::kYes : Meaning::kNo;  // any other greeting is passed to the client
      case Stage::kCapabilities:
        if (code == 101) return DottedHas(reply, "STARTTLS") ? Meaning::kYes : Meaning::kNo;
        break;
      case Stage::kGoAhead:
        if (code == 382) return Meaning::kYes;
        break;
      case Stage::kInside:
        return Meaning::kYes;
    }
    return refused ? Meaning::kNo : Meaning::kLeaving;
  }

  std::string Ask(Stage stage) override { return stage == Stage::kGoAhead ? "STARTTLS\r\n" : "CAPABILITIES\r\n"; }
  std::string Quit() override { return "QUIT\r\n"; }

  std::optional<Findings::Capabilities> List(Stage, std::string_view reply) override {
    if (CodeOf(reply) != 101) return std::nullopt;
    return DottedLines(reply);
  }
};

constexpr VerbRow kBeforeTls[] = {
    {"STARTTLS", BeforeTls::Then::kUpgrade, "382 Continue with TLS negotiation\r\n",
     "501 STARTTLS takes no parameter\r\n"},
    {"CAPABILITIES", BeforeTls::Then::kStay, "101 Capability list:\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n"},
    {"QUIT", BeforeTls::Then::kLeave, "205 Bye\r\n"},
};

/// The server role in mode `required`.
constexpr LineSpeech kSpeech = {
    .verbs = kBeforeTls,
    .refusal = "483 Must issue a STARTTLS command first\r\n",
    .serves = Greets,
    .of_verb = IsLetterOrDigit,
};

std::unique_ptr<Dialogue> Make(Env env) {
  Parts parts;
  parts.server_leg = [](Prologue& prologue) { return MakeServerLeg(prologue, std::make_unique<NntpClientRole>()); };
  parts.client_leg = [](Prologue& prologue) { return std::make_unique<LineUpgradeLeg>(prologue, kSpeech); };
  parts.filter = [](Prologue& prologue) { return std::make_unique<NntpFilter>(prologue); };
  parts.goodbye = Goodbye;
  return std::make_unique<Paired>(std::move(env), std::move(parts));
}

std::unique_ptr<Negotiator> Probe(const std::string& /*host*/, Findings& findings) {
  return MakeProber(findings, std::make_unique<NntpClientRole>());
}

}  // namespace

const Dialect kNntp = {
    .name = "nntp",
    .default_port = 119,
    .alpn = "nntp",
    .make_dialogue = Make,
    .make_prober = Probe,
};

}  // namespace starlock::protocol::nntp
