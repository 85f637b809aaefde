#include "protocol/nntp/probe.h"

#include "protocol/nntp/words.h"
#include "protocol/text/cutters.h"

namespace starlock::protocol::nntp {
namespace {

class NntpProber final : public Negotiator {
 public:
  explicit NntpProber(Findings& findings) : findings_(findings) {}

  LegAct Begin(Out&) override { return Read{}; }

  Frame Cut(std::string_view in, Scan& scan) override {
    const bool list = awaited_ == Awaited::kCapabilities || awaited_ == Awaited::kInside;
    return list ? nntp::CutCapabilities(in, scan) : nntp::CutStatus(in, scan);
  }

  LegAct On(std::string_view reply, Out& out) override {
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
        if (nntp::CodeOf(reply) == 382) return StartTls{};
        return Leave(End::kStarttlsRefused, "the server offered STARTTLS, and refused it when asked", out);
      case Awaited::kInside:
        break;
    }
    if (nntp::CodeOf(reply) == 101) findings_.inside = DottedLines(reply);
    out.server() += "QUIT\r\n";
    return Settled{};
  }

  LegAct OnTlsUp(Out& out) override { return Ask(Awaited::kInside, "CAPABILITIES\r\n", out); }

 private:
  enum class Awaited : uint8_t { kGreeting, kCapabilities, kGoAhead, kInside };

  LegAct Ask(Awaited next, std::string_view command, Out& out) {
    out.server() += command;
    awaited_ = next;
    return Read{};
  }

  static LegAct Leave(End end, const char* why, Out& out) {
    out.server() += "QUIT\r\n";
    return Fail{{end, Blame::kServer, why}};
  }

  Findings& findings_;
  Awaited awaited_ = Awaited::kGreeting;
};

}  // namespace

std::unique_ptr<Negotiator> ProbeNntp(const std::string&, Findings& findings) {
  return std::make_unique<NntpProber>(findings);
}

}  // namespace starlock::protocol::nntp
