#include "protocol/smtp/probe.h"

#include <algorithm>
#include <utility>

#include "protocol/smtp/words.h"
#include "protocol/text/cutters.h"

namespace starlock::protocol::smtp {
namespace {

// The lines of an answer to EHLO behind the first, which is the server's name.
Findings::Capabilities CapabilitiesIn(std::string_view reply) {
  Findings::Capabilities capabilities;
  for (size_t at = reply.find('\n') + 1; at < reply.size(); at = reply.find('\n', at) + 1) {
    std::string_view line = Content(reply.substr(at, reply.find('\n', at) - at));
    line.remove_prefix(std::min<size_t>(line.size(), 4));
    capabilities.emplace_back(line);
  }
  return capabilities;
}

class SmtpProber final : public Negotiator {
 public:
  SmtpProber(std::string_view hello, std::string host, Findings& findings)
      : hello_(hello), host_(std::move(host)), findings_(findings) {}

  LegAct Begin(Out&) override { return Read{}; }

  Frame Cut(std::string_view in, Scan& scan) override { return CutSmtpReply(in, scan); }

  LegAct On(std::string_view reply, Out& out) override {
    switch (awaited_) {
      case Awaited::kGreeting:
        findings_.greeting = Content(reply);
        if (CodeOf(reply) != 220) return Leave(End::kStarttlsNotOffered, "the server refused service", out);
        return SayHello(Awaited::kHello, out);
      case Awaited::kHello:
        if (CodeOf(reply) == 250) findings_.before = CapabilitiesIn(reply);
        findings_.offers_upgrade = CodeOf(reply) == 250 && smtp::OffersStarttls(reply);
        if (!*findings_.offers_upgrade) {
          return Leave(End::kStarttlsNotOffered, "the server does not offer STARTTLS", out);
        }
        out.server() += "STARTTLS\r\n";
        awaited_ = Awaited::kGoAhead;
        return Read{};
      case Awaited::kGoAhead:
        if (CodeOf(reply) == 220) return StartTls{};
        return Leave(End::kStarttlsRefused, "the server offered STARTTLS, and refused it when asked", out);
      case Awaited::kHelloInside:
        break;
    }
    if (CodeOf(reply) == 250) findings_.inside = CapabilitiesIn(reply);
    out.server() += "QUIT\r\n";
    return Settled{};
  }

  LegAct OnTlsUp(Out& out) override { return SayHello(Awaited::kHelloInside, out); }

 private:
  enum class Awaited : uint8_t { kGreeting, kHello, kGoAhead, kHelloInside };

  LegAct SayHello(Awaited next, Out& out) {
    out.server().append(hello_).append(" ").append(host_).append("\r\n");
    awaited_ = next;
    return Read{};
  }

  static LegAct Leave(End end, const char* why, Out& out) {
    out.server() += "QUIT\r\n";
    return Fail{{end, Blame::kServer, why}};
  }

  const std::string_view hello_;
  const std::string host_;
  Findings& findings_;
  Awaited awaited_ = Awaited::kGreeting;
};

}  // namespace

std::unique_ptr<Negotiator> ProbeSmtp(const std::string& host, Findings& findings) {
  return std::make_unique<SmtpProber>("EHLO", host, findings);
}

std::unique_ptr<Negotiator> ProbeLmtp(const std::string& host, Findings& findings) {
  return std::make_unique<SmtpProber>("LHLO", host, findings);
}

}  // namespace starlock::protocol::smtp
