#include "protocol/ldap/ldap.h"

#include <utility>

#include "protocol/core/paired.h"
#include "protocol/ldap/filter.h"
#include "protocol/ldap/probe.h"
#include "protocol/ldap/words.h"

// Read beside RFC 4511 4.14 and RFC 4513 3.1. The server role faces the client, the client role the upstream.
namespace starlock::protocol::ldap {
namespace {

/// The client role: StartTLS and its answer. Both are over before any word of the client's crosses, so that our message
/// id meets none of the client's.
class ServerLeg final : public Negotiator {
 public:
  explicit ServerLeg(const Prologue& prologue) : prologue_(prologue) {}

  LegAct Begin(Out& out) override {
    if (!Upgrades(prologue_.env.server)) return Settled{};
    out.server() += ldap::StartTlsCall(kId);
    return Read{};
  }

  Frame Cut(std::string_view in, Scan& /*scan*/) override { return ldap::Cut(in); }

  LegAct On(std::string_view unit, Out&) override {
    const Message message = ldap::Parse(unit);
    const int result = ldap::ResultOf(message);
    const bool response = message.good && message.op == Op::kExtendedResponse && result >= 0;
    if (response && message.id == 0) {  // Notice of Disconnection (4.4.1)
      return NoTls{End::kStarttlsRefused, false};
    }
    if (!response || message.id != kId) {
      return Fail{{End::kProtocolError, Blame::kServer, "that is no answer to StartTLS"}};
    }
    if (result == static_cast<int>(Result::kSuccess)) return StartTls{};
    // protocolError is how a server says that it knows no StartTLS (4.14.2).
    const bool unknown = result == static_cast<int>(Result::kProtocolError);
    return NoTls{unknown ? End::kStarttlsNotOffered : End::kStarttlsRefused, true};
  }

 private:
  static constexpr int32_t kId = 1;

  const Prologue& prologue_;
};

/// The server role where TLS is required: confidentialityRequired to all but StartTLS and Unbind (RFC 4513 3.1.1 leaves
/// the policy to us). The upstream waits untouched meanwhile. In the other modes there is nothing to say.
class ClientLeg final : public Negotiator {
 public:
  explicit ClientLeg(Prologue& prologue) : prologue_(prologue) {}

  LegAct Begin(Out&) override { return prologue_.env.client == TlsMode::kRequired ? LegAct(Read{}) : Settled{}; }

  Frame Cut(std::string_view in, Scan& /*scan*/) override { return ldap::Cut(in); }

  LegAct On(std::string_view unit, Out& out) override {
    const Message request = ldap::Parse(unit);
    if (!ldap::IsRequest(request)) {
      return Fail{{End::kProtocolError, Blame::kClient, "that is no request of LDAP"}};
    }
    const ldap::StartTlsRequest starttls = ldap::AsStartTls(request);
    if (starttls.is && !starttls.has_value) {
      out.client() += ldap::Answer(request, Result::kSuccess, "");
      return StartTls{};
    }
    if (request.op == Op::kUnbindRequest) {
      return Fail::Told(End::kClosed, Blame::kNone, "the client left before StartTLS");
    }
    if (++refusals_ > ldap::kMaxRefusals) {
      return Fail{{End::kLimit, Blame::kClient, "too many operations before StartTLS"}};
    }
    if (starttls.is) {
      out.client() += ldap::Answer(request, Result::kProtocolError, "StartTLS has no value");
      return Read{};
    }
    prologue_.refused = true;
    out.client() += ldap::Answer(request, Result::kConfidentialityRequired, "StartTLS first");
    return Read{};
  }

 private:
  Prologue& prologue_;
  int refusals_ = 0;
};

}  // namespace

static std::unique_ptr<Dialogue> MakeLdap(Env env) {
  Parts parts;
  parts.server_first = false;
  parts.first_unit = ldap::CutAnyLength;
  parts.server = [](Prologue& prologue) { return std::make_unique<ServerLeg>(prologue); };
  parts.client = [](Prologue& prologue) { return std::make_unique<ClientLeg>(prologue); };
  parts.filter = [](Prologue& prologue) { return std::make_unique<ldap::LdapFilter>(prologue); };
  parts.goodbye = ldap::Goodbye;
  return std::make_unique<Paired>(std::move(env), std::move(parts));
}

const Dialect kLdap = {
    .name = "ldap",
    .default_port = 389,
    .make_dialogue = MakeLdap,
    .make_prober = ProbeLdap,
};

}  // namespace starlock::protocol::ldap
