#include "protocol/managesieve/probe.h"

#include "protocol/managesieve/words.h"
#include "protocol/text/cutters.h"
#include "protocol/text/literals.h"

namespace starlock::protocol::managesieve {
namespace {

// `"SASL" "PLAIN"` as: SASL PLAIN.
Findings::Capabilities CapabilitiesIn(std::string_view response) {
  Findings::Capabilities capabilities;
  for (std::string_view line : managesieve::LinesOf(response)) {
    if (KindOf(line) != Line::kData) continue;
    std::string text;
    for (Token token = TakeToken(line); token.kind != Token::Kind::kEnd; token = TakeToken(line)) {
      text.append(text.empty() ? "" : " ").append(token.value);
    }
    capabilities.push_back(text);
  }
  return capabilities;
}

bool Succeeded(std::string_view response) { return KindOf(managesieve::LinesOf(response).back()) == Line::kOk; }

class ManagesieveProber final : public Negotiator {
 public:
  explicit ManagesieveProber(Findings& findings) : findings_(findings) {}

  LegAct Begin(Out&) override { return Read{}; }

  Frame Cut(std::string_view in, Scan& scan) override { return managesieve::CutResponse(in, scan); }

  LegAct On(std::string_view response, Out& out) override {
    switch (awaited_) {
      case Awaited::kGreeting:
        return OnGreeting(response, out);
      case Awaited::kGoAhead:
        if (KindOf(response) == Line::kOk) return StartTls{};
        return Leave(End::kStarttlsRefused, "the server offered STARTTLS, and refused it when asked", out);
      case Awaited::kGreetingInside:
        break;
    }
    if (Succeeded(response)) findings_.inside = CapabilitiesIn(response);
    out.server() += "LOGOUT\r\n";
    return Settled{};
  }

  LegAct OnTlsUp(Out&) override {
    awaited_ = Awaited::kGreetingInside;
    return Read{};
  }

 private:
  enum class Awaited : uint8_t { kGreeting, kGoAhead, kGreetingInside };

  LegAct OnGreeting(std::string_view response, Out& out) {
    findings_.greeting = Content(response);
    if (!Succeeded(response)) return Leave(End::kStarttlsNotOffered, "the server refused service", out);
    findings_.before = CapabilitiesIn(response);
    findings_.offers_upgrade = managesieve::OffersStarttls(response);
    if (!*findings_.offers_upgrade) return Leave(End::kStarttlsNotOffered, "the server does not offer STARTTLS", out);
    out.server() += "STARTTLS\r\n";
    awaited_ = Awaited::kGoAhead;
    return Read{};
  }

  static LegAct Leave(End end, const char* why, Out& out) {
    out.server() += "LOGOUT\r\n";
    return Fail{{end, Blame::kServer, why}};
  }

  Findings& findings_;
  Awaited awaited_ = Awaited::kGreeting;
};

}  // namespace

std::unique_ptr<Negotiator> ProbeManagesieve(const std::string&, Findings& findings) {
  return std::make_unique<ManagesieveProber>(findings);
}

}  // namespace starlock::protocol::managesieve
