#include "protocol/acap_probe.h"

#include "protocol/acap_words.h"
#include "protocol/cutters.h"
#include "protocol/literals.h"

namespace starlock::protocol {
namespace {

using acap::Kind;

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

  LegVerdict Begin(Out&) override { return LegVerdict::Read(); }

  Frame Cut(std::string_view in) override { return CutAnswerWithLiterals(in); }

  LegVerdict On(std::string_view unit, Out& out) override {
    const acap::Answer answer = acap::Read(unit);
    switch (awaited_) {
      case Awaited::kGreeting:
        return OnGreeting(unit, out);
      case Awaited::kGoAhead:
        if (answer.kind == Kind::kUntagged || answer.kind == Kind::kGreeting) return LegVerdict::Read();
        if (answer.kind == Kind::kOk && answer.tag == "a") return LegVerdict::Upgrade();
        return Leave(End::kStarttlsRefused, "the server offered STARTTLS, and refused it when asked", out);
      case Awaited::kGreetingInside:
        break;
    }
    if (answer.kind == Kind::kGreeting) findings_.inside = CapabilitiesIn(unit);
    out.server() += "b LOGOUT\r\n";
    return LegVerdict::Settled();
  }

  LegVerdict OnTlsUp(Out&) override {
    awaited_ = Awaited::kGreetingInside;
    return LegVerdict::Read();
  }

 private:
  enum class Awaited : uint8_t { kGreeting, kGoAhead, kGreetingInside };

  LegVerdict OnGreeting(std::string_view unit, Out& out) {
    findings_.greeting = Content(unit);
    if (acap::Read(unit).kind != Kind::kGreeting) {
      return Leave(End::kStarttlsNotOffered, "the server refused service", out);
    }
    findings_.before = CapabilitiesIn(unit);
    findings_.offers_upgrade = acap::OffersStarttls(unit);
    if (!*findings_.offers_upgrade) return Leave(End::kStarttlsNotOffered, "the server does not offer STARTTLS", out);
    out.server() += "a STARTTLS\r\n";
    awaited_ = Awaited::kGoAhead;
    return LegVerdict::Read();
  }

  static LegVerdict Leave(End end, const char* why, Out& out) {
    out.server() += "b LOGOUT\r\n";
    return LegVerdict::Fail(end, Blame::kServer, why);
  }

  Findings& findings_;
  Awaited awaited_ = Awaited::kGreeting;
};

}  // namespace

std::unique_ptr<Negotiator> ProbeAcap(const std::string&, Findings& findings) {
  return std::make_unique<AcapProber>(findings);
}

}  // namespace starlock::protocol
