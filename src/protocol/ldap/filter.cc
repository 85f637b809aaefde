#include "protocol/ldap/filter.h"

#include <algorithm>

#include "protocol/ldap/ber.h"

namespace starlock::protocol::ldap {
namespace {

constexpr size_t kMaxOperations = 256;  // outstanding at once: LDAP clients send more requests in parallel than others

StarttlsWords WordsFor(const Message& request) {
  return {
      .go_ahead = Answer(request, Result::kSuccess, ""),
      .active = Answer(request, Result::kOperationsError, "TLS is already active"),
      .off = Answer(request, Result::kProtocolError, "StartTLS is not available"),
      .too_late = Answer(request, Result::kOperationsError, "too late for StartTLS"),
      .has_argument = Answer(request, Result::kProtocolError, "StartTLS takes no value"),
  };
}

}  // namespace

// A message that is too long to buffer passes in pieces, once its head has arrived. A StartTLS of that length is padded
// with controls to escape notice, and fails.
Frame LdapFilter::Cut(Side side, std::string_view in, Scan& /*scan*/) {
  if (const size_t rest = rest_[Index(side)]; rest > 0) return Frame::Whole(std::min(rest, in.size()));
  return CutAnyLength(in);
}

Act LdapFilter::On(Side side, std::string_view unit, Out& out) {
  size_t& rest = rest_[Index(side)];
  if (rest > 0) {
    rest -= unit.size();
    out.to[Index(Other(side))] += unit;
    return Read{};
  }
  Act act = UpgradeFilter::On(side, unit, out);
  if (Is<Read>(act)) rest = ber::ReadHeader(unit).total() - unit.size();
  return act;
}

Act LdapFilter::OnCommand(std::string_view unit, Out& out) {
  const Message request = Parse(unit);
  if (!IsRequest(request)) return Fail{{End::kProtocolError, Blame::kClient, "not an LDAP request"}};
  const StartTlsRequest starttls = AsStartTls(request);
  if (starttls.is && ber::ReadHeader(unit).total() > unit.size()) {
    return Fail{{End::kProtocolError, Blame::kClient, "StartTLS request too long"}};
  }
  if (starttls.is) return OnStartTlsRequest(request, starttls.has_value, out);
  const bool asks = !Answer(request, Result::kSuccess, "").empty();
  if (asks && questions() >= kMaxOperations) return Wait{};
  if ((prologue().client_tls || prologue().server_tls) && BindsExternally(request)) out.Note(kExternalNote);
  const RootDseSearch root_dse = AsRootDseSearch(request);
  if (!root_dse.is) window().Close();  // any other operation may need protection
  if (request.op == Op::kAbandonRequest) Abandon(request);
  if (asks) Ask(request.id, {request.op, root_dse});
  // Unbind has no response, so the filter ends with it. Otherwise it ends when Done().
  if (request.op == Op::kUnbindRequest || Done()) return Relay{.keep = true};
  out.server() += unit;
  return Read{};
}

Act LdapFilter::OnStartTlsRequest(const Message& request, bool has_value, Out& out) {
  if (on_offer() && Busy()) {  // RFC 4511 4.14.1
    return Refuse(Answer(request, Result::kOperationsError, "StartTLS while an operation is outstanding"), out);
  }
  return OnStarttls(WordsFor(request), has_value, out);
}

Act LdapFilter::OnReply(std::string_view unit, Out& out) {
  const Message answer = Parse(unit);
  if (!answer.good) return Fail{{End::kProtocolError, Blame::kServer, "not an LDAP message"}};
  const Asked* question = Find(answer.id);
  if (question == nullptr) {  // an unsolicited notification, or a response to an abandoned operation
    out.client() += unit;
    return Read{};
  }
  if (answer.op == Op::kSearchResultEntry && question->root_dse.is) {
    ShowEntry(question->root_dse, unit, out);
  } else {
    out.client() += unit;
  }
  if (!IsFinal(answer.op)) return Read{};
  const bool bound = question->op == Op::kBindRequest && ResultOf(answer) == static_cast<int>(Result::kSuccess);
  Answered(answer.id);
  return bound || Done() ? Act(Relay{}) : Read{};
}

// An abandoned operation gets no response (RFC 4511 4.11). Bind cannot be abandoned.
void LdapFilter::Abandon(const Message& request) {
  int32_t id = 0;
  if (!ber::ToInteger(request.body, id)) return;
  const Asked* question = Find(id);
  if (question != nullptr && question->op != Op::kBindRequest) Answered(id);
}

// StartTLS is listed only while the client may use it.
void LdapFilter::ShowEntry(const RootDseSearch& search, std::string_view unit, Out& out) const {
  if (unit.find("-PLUS") != std::string_view::npos) out.Note(kChannelBindingNote);
  out.client() += on_offer() ? WithStartTls(unit, search.lists_extensions) : WithoutStartTls(unit);
}

}  // namespace starlock::protocol::ldap
