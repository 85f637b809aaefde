#include "protocol/ftp/probe.h"

#include "protocol/ftp/words.h"
#include "protocol/text/lines.h"

namespace starlock::protocol::ftp {
namespace {

// The lines of a FEAT reply between its first and its last, without their leading space (RFC 2389 3.2).
Findings::Capabilities FeaturesIn(std::string_view reply) {
  Findings::Capabilities features;
  for (size_t at = reply.find('\n') + 1; at < reply.size(); at = reply.find('\n', at) + 1) {
    std::string_view line = Content(reply.substr(at, reply.find('\n', at) - at));
    if (line.empty() || line[0] != ' ') continue;
    line.remove_prefix(line.find_first_not_of(' '));
    features.emplace_back(line);
  }
  return features;
}

class FtpProber final : public Negotiator {
 public:
  explicit FtpProber(Findings& findings) : findings_(findings) {}

  LegAct Begin(Out&) override { return Read{}; }
  Frame Cut(std::string_view in, Scan& scan) override { return ftp::CutReply(in, scan); }

  LegAct On(std::string_view reply, Out& out) override {
    const int code = CodeOf(reply);
    switch (awaited_) {
      case Awaited::kGreeting:
        if (code == 120) return Read{};
        findings_.greeting = Content(reply);
        if (code != 220) return Leave(End::kStarttlsNotOffered, "the server refused service", out);
        return Ask(Awaited::kFeatures, "FEAT", out);
      case Awaited::kFeatures:
        if (code == 211) findings_.before = FeaturesIn(reply);
        return Ask(Awaited::kGoAhead, "AUTH TLS", out);  // a server may support it without listing it
      case Awaited::kGoAhead:
        findings_.offers_upgrade = code == 234 || code == 431 || code == 534;
        if (code == 234) return StartTls{};
        if (*findings_.offers_upgrade) return Leave(End::kStarttlsRefused, "the server refused AUTH TLS", out);
        return Leave(End::kStarttlsNotOffered, "the server does not know AUTH TLS", out);
      case Awaited::kInside:
        break;
    }
    if (code == 211) findings_.inside = FeaturesIn(reply);
    out.server() += "QUIT\r\n";
    return Settled{};
  }

  LegAct OnTlsUp(Out& out) override { return Ask(Awaited::kInside, "FEAT", out); }

 private:
  enum class Awaited : uint8_t { kGreeting, kFeatures, kGoAhead, kInside };

  LegAct Ask(Awaited next, std::string_view command, Out& out) {
    out.server().append(command).append("\r\n");
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

std::unique_ptr<Negotiator> ProbeFtp(const std::string& /*host*/, Findings& findings) {
  return std::make_unique<FtpProber>(findings);
}

}  // namespace starlock::protocol::ftp
