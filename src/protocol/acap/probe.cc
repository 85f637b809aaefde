#include "protocol/acap/probe.h"

#include "protocol/acap/words.h"
#include "protocol/text/cutters.h"
#include "protocol/text/literals.h"

namespace starlock::protocol::acap {
namespace {

// `* ACAP (SASL "PLAIN") (STARTTLS)` as: SASL PLAIN, STARTTLS.
Findings::Capabilities CapabilitiesIn(std::string_view greeting) {
  Findings::Capabilities capabilities;
  for (Token token = TakeToken(greeting); token.kind != Token::Kind::kEnd; token = TakeToken(greeting)) {
    if (token.kind == Token::Kind::kOpen) {
      capabilities.push_back(TakeToken(greeting).value);
    } else if (token.kind != Token::Kind::kClose && !capabilities.empty()) {
      capabilities.back().append(" ").append(token.value);
    }
  }
  return capabilities;
}

class AcapProber final : public Negotiator {
 public:
  explicit AcapProber(Findings& findings) : findings_(findings) {}

  LegAct Begin(Out&) override { return Read{}; }

  Frame Cut(std::string_view in, Scan& scan) override { return CutAnswerWithLiterals(in, scan); }

  LegAct On(std::string_view unit, Out& out) override {
    const acap::Answer answer = acap::ParseAnswer(unit);
    switch (awaited_) {
      case Awaited::kGreeting:
        return OnGreeting(unit, out);
      case Awaited::kGoAhead:
        if (answer.kind == Kind::kUntagged || answer.kind == Kind::kGreeting) return Read{};
        if (answer.kind == Kind::kOk && answer.tag == "a") return StartTls{};
        return Leave(End::kStarttlsRefused, "the server offered STARTTLS, and refused it when asked", out);
      case Awaited::kGreetingInside:
        break;
    }
    if (answer.kind == Kind::kGreeting) findings_.inside = CapabilitiesIn(unit);
    out.server() += "b LOGOUT\r\n";
    return Settled{};
  }

  LegAct OnTlsUp(Out&) override {
    awaited_ = Awaited::kGreetingInside;
    return Read{};
  }

 private:
  enum class Awaited : uint8_t { kGreeting, kGoAhead, kGreetingInside };

  LegAct OnGreeting(std::string_view unit, Out& out) {
    findings_.greeting = Content(unit);
    if (acap::ParseAnswer(unit).kind != Kind::kGreeting) {
      return Leave(End::kStarttlsNotOffered, "the server refused service", out);
    }
    findings_.before = CapabilitiesIn(unit);
    findings_.offers_upgrade = acap::OffersStarttls(unit);
    if (!*findings_.offers_upgrade) return Leave(End::kStarttlsNotOffered, "the server does not offer STARTTLS", out);
    out.server() += "a STARTTLS\r\n";
    awaited_ = Awaited::kGoAhead;
    return Read{};
  }

  static LegAct Leave(End end, const char* why, Out& out) {
    out.server() += "b LOGOUT\r\n";
    return Fail{{end, Blame::kServer, why}};
  }

  Findings& findings_;
  Awaited awaited_ = Awaited::kGreeting;
};

}  // namespace

std::unique_ptr<Negotiator> ProbeAcap(const std::string&, Findings& findings) {
  return std::make_unique<AcapProber>(findings);
}

}  // namespace starlock::protocol::acap
