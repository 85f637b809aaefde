#include "protocol/pop3/pop3.h"

#include <utility>

#include "protocol/core/client_role.h"
#include "protocol/core/paired.h"
#include "protocol/core/required_upgrade_leg.h"
#include "protocol/pop3/filter.h"
#include "protocol/pop3/words.h"
#include "protocol/text/lines.h"

// RFC 2595 4. The client gets the upstream's greeting byte for byte, because APOP computes its digest from the
// timestamp in it (RFC 1939 7).
namespace starlock::protocol::pop3 {
namespace {

/// The client role: +OK, CAPA, is STLS listed?, STLS, +OK.
class Pop3ClientRole final : public ClientRole {
 public:
  Frame Cut(Stage stage, std::string_view in, Scan& scan) override {
    const bool list = stage == Stage::kCapabilities || stage == Stage::kInside;
    return list ? CutList(in, scan) : CutStatus(in, scan);
  }

  Meaning Understand(Stage stage, std::string_view reply) override {
    const bool yes = IsOk(reply) && (stage != Stage::kCapabilities || DottedHas(reply, "STLS"));
    return yes ? Meaning::kYes : Meaning::kNo;
  }

  std::string Ask(Stage stage) override { return stage == Stage::kGoAhead ? "STLS\r\n" : "CAPA\r\n"; }
  std::string Quit() override { return "QUIT\r\n"; }

  std::optional<Findings::Capabilities> List(Stage, std::string_view reply) override {
    if (!IsOk(reply)) return std::nullopt;
    return DottedLines(reply);
  }
};

constexpr VerbRow kBeforeTls[] = {
    {"STLS", BeforeTls::Then::kUpgrade, "+OK Begin TLS negotiation\r\n", "-ERR STLS takes no parameter\r\n"},
    {"CAPA", BeforeTls::Then::kStay, "+OK Capability list follows\r\nSTLS\r\n.\r\n"},
    {"NOOP", BeforeTls::Then::kStay, "+OK\r\n"},
    {"QUIT", BeforeTls::Then::kLeave, "+OK Bye\r\n"},
};

/// The server role in mode `required`.
constexpr LineSpeech kSpeech = {
    .verbs = kBeforeTls,
    .refusal = "-ERR Must issue a STLS command first\r\n",
    .serves = IsOk,
    .of_verb = IsLetterOrDigit,
};

std::unique_ptr<Dialogue> Make(Env env) {
  Parts parts;
  parts.server_leg = [](Prologue& prologue) { return MakeServerLeg(prologue, std::make_unique<Pop3ClientRole>()); };
  parts.client_leg = [](Prologue& prologue) { return std::make_unique<LineUpgradeLeg>(prologue, kSpeech); };
  parts.filter = [](Prologue& prologue) { return std::make_unique<Pop3Filter>(prologue); };
  parts.goodbye = Goodbye;
  return std::make_unique<Paired>(std::move(env), std::move(parts));
}

std::unique_ptr<Negotiator> Probe(const std::string& /*host*/, Findings& findings) {
  return MakeProber(findings, std::make_unique<Pop3ClientRole>());
}

}  // namespace

const Dialect kPop3 = {
    .name = "pop3",
    .default_port = 110,
    .alpn = "pop3",
    .make_dialogue = Make,
    .make_prober = Probe,
};

}  // namespace starlock::protocol::pop3
