#include "protocol/ldap/probe.h"

#include <fmt/format.h>

#include <utility>

#include "protocol/ldap/words.h"
#include "protocol/text/lines.h"

namespace starlock::protocol::ldap {
namespace {

// RFC 4511 4.14.1: operations are outstanding. slapd also returns it between sending an operation's last response and
// ending that operation. On a busy machine that takes longer than many of our retries.
constexpr int kOperationsError = 1;
constexpr int kMaxRetries = 90;

class LdapProber final : public Negotiator {
 public:
  explicit LdapProber(Findings& findings) : findings_(findings) {}

  LegAct Begin(Out& out) override { return Search(Awaited::kRootDse, out); }

  Frame Cut(std::string_view in, Scan& /*scan*/) override { return CutMessage(in); }

  LegAct On(std::string_view unit, Out& out) override {
    const Message message = Parse(unit);
    if (!message.good || message.id != id_) {
      return Fail{{End::kProtocolError, Blame::kServer, "the server's message does not belong to our request"}};
    }
    if (message.op == Op::kSearchResultEntry) Note(message);
    if (!IsFinal(message.op)) return Read{};
    switch (awaited_) {
      case Awaited::kRootDse:
        findings_.before = std::exchange(found_, {});
        // A server that does not list its extensions may still support StartTLS.
        if (lists_extensions_) findings_.offers_upgrade = lists_starttls_;
        if (lists_extensions_ && !lists_starttls_) {
          return Leave(End::kStarttlsNotOffered, "the server does not offer StartTLS", out);
        }
        return AskForTls(out);
      case Awaited::kGoAhead:
        if (message.op == Op::kExtendedResponse && ResultOf(message) == 0) {
          findings_.offers_upgrade = true;
          return StartTls{};
        }
        if (ResultOf(message) == kOperationsError && ++retries_ <= kMaxRetries) return AskForTls(out);
        return Leave(End::kStarttlsRefused, "the server refused StartTLS", out);
      case Awaited::kRootDseInside:
        break;
    }
    findings_.inside = std::exchange(found_, {});
    out.server() += UnbindCall(++id_);
    return Settled{};
  }

  LegAct OnTlsUp(Out& out) override { return Search(Awaited::kRootDseInside, out); }

 private:
  enum class Awaited : uint8_t { kRootDse, kGoAhead, kRootDseInside };

  LegAct Search(Awaited next, Out& out) {
    out.server() += RootDseCall(++id_);
    awaited_ = next;
    return Read{};
  }

  LegAct AskForTls(Out& out) {
    out.server() += StartTlsCall(++id_);
    awaited_ = Awaited::kGoAhead;
    return Read{};
  }

  // Collects `attribute: value` lines, in the server's order.
  void Note(const Message& entry) {
    for (const Attribute& attribute : AttributesOf(entry)) {
      const bool extensions = EqualsNoCase(attribute.type, "supportedExtension");
      lists_extensions_ = lists_extensions_ || extensions;
      for (const std::string_view value : attribute.values) {
        lists_starttls_ = lists_starttls_ || (extensions && value == kStartTls);
        found_.push_back(fmt::format("{}: {}", attribute.type, value));
      }
    }
  }

  LegAct Leave(End end, const char* why, Out& out) {
    out.server() += UnbindCall(++id_);
    return Fail{{end, Blame::kServer, why}};
  }

  Findings& findings_;
  Findings::Capabilities found_;
  Awaited awaited_ = Awaited::kRootDse;
  int32_t id_ = 0;
  int retries_ = 0;
  bool lists_extensions_ = false;
  bool lists_starttls_ = false;
};

}  // namespace

std::unique_ptr<Negotiator> MakeLdapProber(const std::string&, Findings& findings) {
  return std::make_unique<LdapProber>(findings);
}

}  // namespace starlock::protocol::ldap
