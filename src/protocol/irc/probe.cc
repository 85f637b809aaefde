#include "protocol/irc/probe.h"

#include <algorithm>
#include <utility>

#include "protocol/irc/words.h"
#include "protocol/text/lines.h"

namespace starlock::protocol::irc {
namespace {

// Limit for NOTICEs and lines of capabilities.
constexpr int kMaxLines = 200;

class IrcProber final : public Negotiator {
 public:
  explicit IrcProber(Findings& findings) : findings_(findings) {}

  LegAct Begin(Out& out) override { return Ask(Awaited::kCapabilities, "CAP LS 302\r\n", out); }
  Frame Cut(std::string_view in, Scan& scan) override {
    return awaited_ == Awaited::kCapabilities ? CutLines(in, scan) : CutLine(in, scan);
  }
  LegAct OnTlsUp(Out& out) override { return Ask(Awaited::kInside, "CAP LS 302\r\n", out); }

  LegAct On(std::string_view unit, Out& out) override {
    if (awaited_ == Awaited::kCapabilities) return Before(unit, out);
    if (++lines_ > kMaxLines) return TooMuch(out);
    const Message message = Parse(unit);
    if (message.Is("ERROR")) return Refused(unit);
    if (awaited_ == Awaited::kGoAhead) return Answered(message, out);
    if (!Collect(message, findings_.inside) && !IsRefusal(message)) return Read{};
    out.server() += "QUIT\r\n";
    return Settled{};
  }

 private:
  enum class Awaited : uint8_t { kCapabilities, kGoAhead, kInside };

  LegAct Before(std::string_view lines, Out& out) {
    bool whole = false;
    bool refused = false;
    while (!lines.empty()) {
      if (++lines_ > kMaxLines) return TooMuch(out);
      const std::string_view line = TakeLine(lines);
      const Message message = Parse(line);
      if (message.Is("ERROR")) return Refused(line);
      if (message.Is("670") || message.Is("691")) {
        return Leave(End::kProtocolError, "the server answered before it was asked", out);
      }
      whole = Collect(message, findings_.before) || whole;
      refused = IsRefusal(message) || refused;
      if (!message.Is("CAP") && !IsRefusal(message) && !findings_.greeting) findings_.greeting = Content(line);
    }
    if (!whole) return refused ? Ask(Awaited::kGoAhead, "STARTTLS\r\n", out) : Read{};
    const auto& words = *findings_.before;
    findings_.offers_upgrade = std::any_of(words.begin(), words.end(), HasTls);
    if (!*findings_.offers_upgrade) return Leave(End::kStarttlsNotOffered, "the server does not list tls", out);
    return Ask(Awaited::kGoAhead, "STARTTLS\r\n", out);
  }

  LegAct Answered(const Message& message, Out& out) {
    if (message.Is("670")) {
      findings_.offers_upgrade = true;
      return StartTls{};
    }
    if (message.Is("691")) return Leave(End::kStarttlsRefused, "the server refused STARTTLS", out);
    if (!IsRefusal(message)) return Read{};
    if (!findings_.offers_upgrade) findings_.offers_upgrade = false;
    return Leave(End::kStarttlsNotOffered, "the server does not know STARTTLS", out);
  }

  /// Returns true if the list is complete.
  static bool Collect(const Message& message, std::optional<Findings::Capabilities>& found) {
    if (!message.Is("CAP")) return false;
    const CapAnswer answer = ParseCap(message);
    if (!EqualsNoCase(answer.sub, "LS")) return false;
    if (!found) found.emplace();
    for (const std::string_view capability : Capabilities(answer.list)) found->emplace_back(capability);
    return !answer.more;
  }

  static bool IsRefusal(const Message& message) { return message.Is("421") || message.Is("451"); }

  LegAct Ask(Awaited next, std::string_view command, Out& out) {
    out.server() += command;
    awaited_ = next;
    return Read{};
  }

  LegAct Refused(std::string_view line) {
    if (!findings_.greeting) findings_.greeting = Content(line);
    return Fail{{End::kStarttlsNotOffered, Blame::kServer, "the server refused service"}};
  }

  static LegAct TooMuch(Out& out) {
    return Leave(End::kProtocolError, "the server sent too much before its reply", out);
  }

  static LegAct Leave(End end, const char* why, Out& out) {
    out.server() += "QUIT\r\n";
    return Fail{{end, Blame::kServer, why}};
  }

  Findings& findings_;
  Awaited awaited_ = Awaited::kCapabilities;
  int lines_ = 0;
};

}  // namespace

std::unique_ptr<Negotiator> MakeIrcProber(const std::string&, Findings& findings) {
  return std::make_unique<IrcProber>(findings);
}

}  // namespace starlock::protocol::irc
