#include "protocol/nntp_probe.h"

#include "protocol/cutters.h"
#include "protocol/nntp_words.h"

namespace starlock::protocol {
namespace {

class NntpProber final : public Negotiator {
 public:
  explicit NntpProber(Findings& findings) : findings_(findings) {}

  LegVerdict Begin(Out&) override { return LegVerdict::Read(); }

  Frame Cut(std::string_view in) override {
    const bool list = awaited_ == Awaited::kCapabilities || awaited_ == Awaited::kInside;
    return list ? nntp::CutCapabilities(in) : nntp::CutStatus(in);
  }

  LegVerdict On(std::string_view reply, Out& out) override {
    switch (awaited_) {
      case Awaited::kGreeting:
        findings_.greeting = Content(reply);
        if (!nntp::Greets(reply)) return Leave(End::kStarttlsNotOffered, "the server refused service", out);
        return Ask(Awaited::kCapabilities, "CAPABILITIES\r\n", out);
      case Awaited::kCapabilities:
        if (nntp::CodeOf(reply) == 101) findings_.before = DottedLines(reply);
        findings_.offers_upgrade = nntp::CodeOf(reply) == 101 && DottedHas(reply, "STARTTLS");
        if (*findings_.offers_upgrade) return Ask(Awaited::kGoAhead, "STARTTLS\r\n", out);
        return Leave(End::kStarttlsNotOffered, "the server does not offer STARTTLS", out);
      case Awaited::kGoAhead:
        if (nntp::CodeOf(reply) == 382) return LegVerdict::Upgrade();
        return Leave(End::kStarttlsRefused, "the server offered STARTTLS, and refused it when asked", out);
      case Awaited::kInside:
        break;
    }
    if (nntp::CodeOf(reply) == 101) findings_.inside = DottedLines(reply);
    out.server() += "QUIT\r\n";
    return LegVerdict::Settled();
  }

  LegVerdict OnTlsUp(Out& out) override { return Ask(Awaited::kInside, "CAPABILITIES\r\n", out); }

 private:
  enum class Awaited : uint8_t { kGreeting, kCapabilities, kGoAhead, kInside };

  LegVerdict Ask(Awaited next, std::string_view command, Out& out) {
    out.server() += command;
    awaited_ = next;
    return LegVerdict::Read();
  }

  static LegVerdict Leave(End end, const char* why, Out& out) {
    out.server() += "QUIT\r\n";
    return LegVerdict::Fail(end, Blame::kServer, why);
  }

  Findings& findings_;
  Awaited awaited_ = Awaited::kGreeting;
};

}  // namespace

std::unique_ptr<Negotiator> ProbeNntp(const std::string&, Findings& findings) {
  return std::make_unique<NntpProber>(findings);
}

}  // namespace starlock::protocol
