#include "protocol/ldap/ldap.h"

#include <utility>

#include "protocol/core/paired.h"
#include "protocol/core/required_upgrade_leg.h"
#include "protocol/ldap/filter.h"
#include "protocol/ldap/probe.h"
#include "protocol/ldap/words.h"

// RFC 4511 4.14 and RFC 4513 3.1.
namespace starlock::protocol::ldap {
namespace {

/// The client role: StartTLS and its response. They precede all messages of the client, so our message id cannot
/// collide with one of the client's.
class ServerLeg final : public Negotiator {
 public:
  explicit ServerLeg(const Prologue& prologue) : prologue_(prologue) {}

  LegAct Begin(Out& out) override {
    if (!Upgrades(prologue_.env.server)) return Settled{};
    out.server() += StartTlsCall(kId);
    return Read{};
  }

  Frame Cut(std::string_view in, Scan& /*scan*/) override { return CutMessage(in); }

  LegAct On(std::string_view unit, Out&) override {
    const Message message = Parse(unit);
    const int result = ResultOf(message);
    const bool response = message.good && message.op == Op::kExtendedResponse && result >= 0;
    if (response && message.id == 0) {  // Notice of Disconnection (4.4.1)
      return NoTls{End::kStarttlsRefused, false};
    }
    if (!response || message.id != kId) {
      return Fail{{End::kProtocolError, Blame::kServer, "not a response to StartTLS"}};
    }
    if (result == static_cast<int>(Result::kSuccess)) return StartTls{};
    // protocolError: the server does not support StartTLS (4.14.2).
    const bool unknown = result == static_cast<int>(Result::kProtocolError);
    return NoTls{unknown ? End::kStarttlsNotOffered : End::kStarttlsRefused, true};
  }

 private:
  static constexpr int32_t kId = 1;

  const Prologue& prologue_;
};

/// The server role. In mode `required`, all operations except StartTLS and Unbind get confidentialityRequired (RFC 4513
/// 3.1.1 leaves the policy to the server).
class ClientLeg final : public RequiredUpgradeLeg {
 public:
  using RequiredUpgradeLeg::RequiredUpgradeLeg;

  Frame Cut(std::string_view in, Scan& /*scan*/) override { return CutMessage(in); }

  LegAct On(std::string_view unit, Out& out) override {
    if (!IsRequest(Parse(unit))) return Fail{{End::kProtocolError, Blame::kClient, "not an LDAP request"}};
    const BeforeTls request = Judge(unit);
    if (request.then == Then::kStay || request.then == Then::kRefuse) {  // only refusals count
      if (auto fail = Count()) return *std::move(fail);
    }
    return Obey(request, out);
  }

 private:
  using Then = BeforeTls::Then;

  bool Serves(std::string_view /*greeting*/) const override { return true; }

  BeforeTls Judge(std::string_view unit) override {
    const Message request = Parse(unit);
    const StartTlsRequest starttls = AsStartTls(request);
    if (starttls.is && !starttls.has_value) return {Then::kUpgrade, Answer(request, Result::kSuccess, "")};
    if (starttls.is) return {Then::kStay, Answer(request, Result::kProtocolError, "StartTLS takes no value")};
    if (request.op == Op::kUnbindRequest) return {Then::kLeave, {}};
    return {Then::kRefuse, Answer(request, Result::kConfidentialityRequired, "StartTLS is required first")};
  }
};

std::unique_ptr<Dialogue> Make(Env env) {
  Parts parts;
  parts.server_first = false;
  parts.first_unit = CutAnyLength;
  parts.server_leg = [](Prologue& prologue) { return std::make_unique<ServerLeg>(prologue); };
  parts.client_leg = [](Prologue& prologue) { return std::make_unique<ClientLeg>(prologue); };
  parts.filter = [](Prologue& prologue) { return std::make_unique<LdapFilter>(prologue); };
  parts.goodbye = Goodbye;
  return std::make_unique<Paired>(std::move(env), std::move(parts));
}

}  // namespace

const Dialect kLdap = {
    .name = "ldap",
    .default_port = 389,
    .make_dialogue = Make,
    .make_prober = MakeLdapProber,
};

}  // namespace starlock::protocol::ldap
