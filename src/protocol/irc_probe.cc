#include "protocol/irc_probe.h"

#include <utility>

#include "protocol/cutters.h"
#include "protocol/irc_words.h"

namespace starlock::protocol {
namespace {

// NOTICEs and many lines of capabilities.
constexpr int kMaxLines = 200;

class IrcProber final : public Negotiator {
 public:
  explicit IrcProber(Findings& findings) : findings_(findings) {}

  LegVerdict Begin(Out& out) override { return Ask(Awaited::kCapabilities, "CAP LS 302\r\n", out); }
  Frame Cut(std::string_view in) override { return CutLine(in); }
  LegVerdict OnTlsUp(Out& out) override { return Ask(Awaited::kInside, "CAP LS 302\r\n", out); }

  LegVerdict On(std::string_view line, Out& out) override {
    if (++lines_ > kMaxLines) return Leave(End::kProtocolError, "the server says much, but does not answer", out);
    const irc::Message message = irc::Parse(line);
    if (message.Is("ERROR")) {
      if (!findings_.greeting) findings_.greeting = Content(line);
      return LegVerdict::Fail(End::kStarttlsNotOffered, Blame::kServer, "the server refused service");
    }
    switch (awaited_) {
      case Awaited::kCapabilities:
        return Before(message, line, out);
      case Awaited::kGoAhead:
        return Answered(message, out);
      case Awaited::kInside:
        break;
    }
    if (!Collect(message, findings_.inside) && !IsRefusal(message)) return LegVerdict::Read();
    out.server() += "QUIT\r\n";
    return LegVerdict::Settled();
  }

 private:
  enum class Awaited : uint8_t { kCapabilities, kGoAhead, kInside };

  LegVerdict Before(const irc::Message& message, std::string_view line, Out& out) {
    const bool whole = Collect(message, findings_.before);
    if (!whole && !IsRefusal(message)) {
      if (!message.Is("CAP") && !findings_.greeting) findings_.greeting = Content(line);
      return LegVerdict::Read();
    }
    if (whole) {
      findings_.offers_upgrade = false;
      for (const std::string& word : *findings_.before) {
        findings_.offers_upgrade = *findings_.offers_upgrade || irc::HasTls(word);
      }
      if (!*findings_.offers_upgrade) return Leave(End::kStarttlsNotOffered, "the server does not list tls", out);
    }
    return Ask(Awaited::kGoAhead, "STARTTLS\r\n", out);
  }

  LegVerdict Answered(const irc::Message& message, Out& out) {
    if (message.Is("670")) {
      findings_.offers_upgrade = true;
      return LegVerdict::Upgrade();
    }
    if (message.Is("691")) return Leave(End::kStarttlsRefused, "the server refused STARTTLS", out);
    if (!IsRefusal(message)) return LegVerdict::Read();
    if (!findings_.offers_upgrade) findings_.offers_upgrade = false;
    return Leave(End::kStarttlsNotOffered, "the server does not know STARTTLS", out);
  }

  /// True where the list is whole.
  static bool Collect(const irc::Message& message, std::optional<Findings::Capabilities>& found) {
    if (!message.Is("CAP")) return false;
    const irc::CapAnswer answer = irc::ParseCap(message);
    if (!EqualsNoCase(answer.sub, "LS")) return false;
    if (!found) found.emplace();
    for (const std::string_view capability : irc::Capabilities(answer.list)) found->emplace_back(capability);
    return !answer.more;
  }

  static bool IsRefusal(const irc::Message& message) { return message.Is("421") || message.Is("451"); }

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
  Awaited awaited_ = Awaited::kCapabilities;
  int lines_ = 0;
};

}  // namespace

std::unique_ptr<Negotiator> ProbeIrc(const std::string&, Findings& findings) {
  return std::make_unique<IrcProber>(findings);
}

}  // namespace starlock::protocol
