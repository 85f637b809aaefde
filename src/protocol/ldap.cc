#include "protocol/ldap.h"

#include <utility>

#include "protocol/ldap_filter.h"
#include "protocol/ldap_words.h"
#include "protocol/paired.h"

// Read beside RFC 4511 4.14 and RFC 4513 3.1. The server role faces the client, the client role the upstream.
namespace starlock::protocol {
namespace {

using ldap::Message;
using ldap::Op;
using ldap::Result;

/// The client role: StartTLS and its answer. Both are over before any word of the client's crosses, so that our message
/// id meets none of the client's.
class ServerLeg final : public Negotiator {
 public:
  explicit ServerLeg(const Prologue& prologue) : prologue_(prologue) {}

  LegVerdict Begin(Out& out) override {
    if (!Upgrades(prologue_.env.server)) return LegVerdict::Settled();
    out.server() += ldap::StartTlsCall(kId);
    return LegVerdict::Read();
  }

  Frame Cut(std::string_view in) override { return ldap::Cut(in); }

  LegVerdict On(std::string_view unit, Out&) override {
    const Message message = ldap::Parse(unit);
    const int result = ldap::ResultOf(message);
    const bool response = message.good && message.op == Op::kExtendedResponse && result >= 0;
    if (response && message.id == 0) {  // Notice of Disconnection (4.4.1)
      return LegVerdict::NoTls(End::kStarttlsRefused, false);
    }
    if (!response || message.id != kId) {
      return LegVerdict::Fail(End::kProtocolError, Blame::kServer, "that is no answer to StartTLS");
    }
    if (result == static_cast<int>(Result::kSuccess)) return LegVerdict::Upgrade();
    // protocolError is how a server says that it knows no StartTLS (4.14.2).
    const bool unknown = result == static_cast<int>(Result::kProtocolError);
    return LegVerdict::NoTls(unknown ? End::kStarttlsNotOffered : End::kStarttlsRefused, true);
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

  LegVerdict Begin(Out&) override {
    return prologue_.env.client == TlsMode::kRequired ? LegVerdict::Read() : LegVerdict::Settled();
  }

  Frame Cut(std::string_view in) override { return ldap::Cut(in); }

  LegVerdict On(std::string_view unit, Out& out) override {
    const Message request = ldap::Parse(unit);
    if (!ldap::IsRequest(request)) {
      return LegVerdict::Fail(End::kProtocolError, Blame::kClient, "that is no request of LDAP");
    }
    const ldap::StartTlsRequest starttls = ldap::AsStartTls(request);
    if (starttls.is && !starttls.has_value) {
      out.client() += ldap::Answer(request, Result::kSuccess, "");
      return LegVerdict::Upgrade();
    }
    if (request.op == Op::kUnbindRequest) {
      return LegVerdict::Close(End::kClosed, Blame::kNone, "the client left before StartTLS");
    }
    if (++refusals_ > ldap::kMaxRefusals) {
      return LegVerdict::Fail(End::kLimit, Blame::kClient, "too many operations before StartTLS");
    }
    if (starttls.is) {
      out.client() += ldap::Answer(request, Result::kProtocolError, "StartTLS has no value");
      return LegVerdict::Read();
    }
    prologue_.refused = true;
    out.client() += ldap::Answer(request, Result::kConfidentialityRequired, "StartTLS first");
    return LegVerdict::Read();
  }

 private:
  Prologue& prologue_;
  int refusals_ = 0;
};

}  // namespace

std::unique_ptr<Dialogue> MakeLdap(Env env) {
  Parts parts;
  parts.server_first = false;
  parts.first_unit = ldap::CutAnyLength;
  parts.server = [](Prologue& prologue) { return std::make_unique<ServerLeg>(prologue); };
  parts.client = [](Prologue& prologue) { return std::make_unique<ClientLeg>(prologue); };
  parts.filter = [](Prologue& prologue) { return std::make_unique<ldap::LdapFilter>(prologue); };
  parts.goodbye = ldap::Goodbye;
  return std::make_unique<Paired>(std::move(env), std::move(parts));
}

}  // namespace starlock::protocol
