#include "protocol/pop3/probe.h"

#include "protocol/pop3/words.h"
#include "protocol/text/cutters.h"

namespace starlock::protocol::pop3 {
namespace {

class Pop3Prober final : public Negotiator {
 public:
  explicit Pop3Prober(Findings& findings) : findings_(findings) {}

  LegAct Begin(Out&) override { return Read{}; }

  Frame Cut(std::string_view in, Scan& scan) override {
    const bool list = awaited_ == Awaited::kCapabilities || awaited_ == Awaited::kInside;
    return list ? pop3::CutList(in, scan) : pop3::CutStatus(in, scan);
  }

  LegAct On(std::string_view reply, Out& out) override {
    switch (awaited_) {
      case Awaited::kGreeting:
        findings_.greeting = Content(reply);
        if (!pop3::IsOk(reply)) return Leave(End::kStarttlsNotOffered, "the server refused service", out);
        return Ask(Awaited::kCapabilities, "CAPA\r\n", out);
      case Awaited::kCapabilities:
        if (pop3::IsOk(reply)) findings_.before = DottedLines(reply);
        findings_.offers_upgrade = pop3::IsOk(reply) && DottedHas(reply, "STLS");
        if (*findings_.offers_upgrade) return Ask(Awaited::kGoAhead, "STLS\r\n", out);
        return Leave(End::kStarttlsNotOffered, "the server does not offer STLS", out);
      case Awaited::kGoAhead:
        if (pop3::IsOk(reply)) return StartTls{};
        return Leave(End::kStarttlsRefused, "the server offered STLS, and refused it when asked", out);
      case Awaited::kInside:
        break;
    }
    if (pop3::IsOk(reply)) findings_.inside = DottedLines(reply);
    out.server() += "QUIT\r\n";
    return Settled{};
  }

  LegAct OnTlsUp(Out& out) override { return Ask(Awaited::kInside, "CAPA\r\n", out); }

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

std::unique_ptr<Negotiator> ProbePop3(const std::string&, Findings& findings) {
  return std::make_unique<Pop3Prober>(findings);
}

}  // namespace starlock::protocol::pop3
