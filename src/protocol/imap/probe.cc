#include "protocol/imap/probe.h"

#include <utility>

#include "protocol/imap/words.h"
#include "protocol/text/cutters.h"

namespace starlock::protocol::imap {
namespace {

Findings::Capabilities Split(std::string_view list) {
  Findings::Capabilities capabilities;
  for (std::string_view rest = list; !rest.empty();) {
    const std::string_view word = TakeWord(rest);
    if (!word.empty()) capabilities.emplace_back(word);
  }
  return capabilities;
}

class ImapProber final : public Negotiator {
 public:
  explicit ImapProber(Findings& findings) : findings_(findings) {}

  LegAct Begin(Out&) override { return Read{}; }

  Frame Cut(std::string_view in, Scan& scan) override { return imap::CutResponse(in, scan); }

  LegAct On(std::string_view unit, Out& out) override {
    const imap::Response response = imap::ParseResponse(unit);
    if (awaited_ == Awaited::kGreeting) return OnGreeting(unit, response, out);
    if (response.kind == Kind::kUntagged && !response.Is("BYE")) {
      if (++untagged_ > imap::kMaxCommands) return Leave(End::kLimit, "the server says too much", out);
      const bool asked = awaited_ != Awaited::kGoAhead && response.Is("CAPABILITY");
      if (asked) listed_ = Split(response.text);
      return Read{};
    }
    if (response.kind != Kind::kTagged || response.tag != Tag()) {
      return Leave(End::kProtocolError, "an answer to what was not asked", out);
    }
    return OnAnswer(response.ok(), out);
  }

  LegAct OnTlsUp(Out& out) override { return Ask(Awaited::kInside, "CAPABILITY", out); }

 private:
  enum class Awaited : uint8_t { kGreeting, kCapabilities, kGoAhead, kInside };

  LegAct OnGreeting(std::string_view unit, const imap::Response& greeting, Out& out) {
    if (greeting.kind != Kind::kUntagged) return Leave(End::kProtocolError, "this is no greeting of IMAP", out);
    findings_.greeting = Content(unit);
    if (!greeting.ok()) return Leave(End::kStarttlsNotOffered, "the server refused service", out);
    return Ask(Awaited::kCapabilities, "CAPABILITY", out);
  }

  LegAct OnAnswer(bool ok, Out& out) {
    switch (awaited_) {
      case Awaited::kGreeting:
      case Awaited::kCapabilities:
        if (ok) findings_.before = std::exchange(listed_, {});
        findings_.offers_upgrade = ok && OffersUpgrade();
        if (*findings_.offers_upgrade) return Ask(Awaited::kGoAhead, "STARTTLS", out);
        return Leave(End::kStarttlsNotOffered, "the server does not offer STARTTLS", out);
      case Awaited::kGoAhead:
        if (ok) return StartTls{};
        return Leave(End::kStarttlsRefused, "the server offered STARTTLS, and refused it when asked", out);
      case Awaited::kInside:
        break;
    }
    if (ok) findings_.inside = std::exchange(listed_, {});
    out.server() += "starlock4 LOGOUT\r\n";
    return Settled{};
  }

  bool OffersUpgrade() const {
    for (const std::string& each : *findings_.before) {
      if (EqualsNoCase(each, "STARTTLS")) return true;
    }
    return false;
  }

  LegAct Ask(Awaited next, std::string_view command, Out& out) {
    awaited_ = next;
    untagged_ = 0;
    out.server().append(Tag()).append(" ").append(command).append("\r\n");
    return Read{};
  }

  static LegAct Leave(End end, const char* why, Out& out) {
    out.server() += "starlock4 LOGOUT\r\n";
    return Fail{{end, Blame::kServer, why}};
  }

  std::string_view Tag() const {
    if (awaited_ == Awaited::kInside) return "starlock3";
    return awaited_ == Awaited::kGoAhead ? "starlock2" : "starlock1";
  }

  Findings& findings_;
  Awaited awaited_ = Awaited::kGreeting;
  Findings::Capabilities listed_;
  int untagged_ = 0;
};

}  // namespace

std::unique_ptr<Negotiator> ProbeImap(const std::string&, Findings& findings) {
  return std::make_unique<ImapProber>(findings);
}

}  // namespace starlock::protocol::imap
