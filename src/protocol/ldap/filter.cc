#include "protocol/ldap/filter.h"

#include <algorithm>

#include "protocol/ldap/ber.h"
#include "protocol/ldap/plain_request.h"

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
Frame LdapFilter::CutUnit(Side side, std::string_view in, Scan& /*scan*/) {
  if (const size_t rest = rest_[Index(side)]; rest > 0) return Frame::Whole(std::min(rest, in.size()));
  return CutAnyLength(in);
}

Act LdapFilter::OnClientUnit(std::string_view unit, Out& out) {
  size_t& rest = rest_[Index(Side::kClient)];
  if (rest > 0) {
    rest -= unit.size();
    out.server() += unit;
    return Read{};
  }
  Act act = OnCommand(unit, out);
  if (Is<Read>(act)) rest = ber::ReadHeader(unit).total() - unit.size();
  return act;
}

Act LdapFilter::OnServerUnit(std::string_view unit, Out& out) {
  size_t& rest = rest_[Index(Side::kServer)];
  if (rest > 0) {
    rest -= unit.size();
    out.client() += unit;
    return Read{};
  }
  Act act = OnReply(unit, out);
  if (Is<Read>(act)) rest = ber::ReadHeader(unit).total() - unit.size();
  return act;
}

// Abandon has no answer. It is harmless for a search that is itself harmless.
bool LdapFilter::IsHarmless(std::string_view unit) const {
  if (IsPlainRootDseSearch(unit)) return true;
  int32_t id = 0;
  return IsPlainAbandon(unit) && ber::ToInteger(Parse(unit).body, id) && IsAbandoned(id);
}

bool LdapFilter::MaySpeakUnasked(std::string_view unit) const { return IsNoticeOfDisconnection(Parse(unit)); }

Act LdapFilter::OnCommand(std::string_view unit, Out& out) {
  const Message request = Parse(unit);
  if (!IsRequest(request)) return Fail{{End::kProtocolError, Blame::kClient, "not an LDAP request"}};
  const StartTlsRequest starttls = AsStartTls(request);
  if (starttls.unreadable) return Fail{{End::kProtocolError, Blame::kClient, "not a valid extended request"}};
  if (starttls.is && ber::ReadHeader(unit).total() > unit.size()) {
    return Fail{{End::kProtocolError, Blame::kClient, "StartTLS request too long"}};
  }
  if (starttls.is) return OnStartTlsRequest(request, starttls.has_value, out);
  const bool asks = !Answer(request, Result::kSuccess, "").empty();
  if (asks && questions() >= kMaxOperations) return Wait{};
  if ((prologue().client_tls || prologue().server_tls) && BindsExternally(request)) out.Note(kExternalNote);
  const RootDseSearch root_dse = AsRootDseSearch(request);
  if (request.op == Op::kAbandonRequest) Abandon(request);
  // A response that is still under way from before the upgrade could not be told from this one's.
  if (asks && IsStale(request.id))
    return Fail{{End::kProtocolError, Blame::kClient, "an id of an abandoned operation"}};
  if (asks) Ask(request.id, {request.op, root_dse, !BindsWithoutLayer(request)});
  // Unbind has no response, so the filter ends with it.
  if (request.op == Op::kUnbindRequest) return Relay{.keep = true};
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
  if (question == nullptr) return OnUnsolicited(answer, unit, out);
  if (answer.op == Op::kSearchResultEntry && question->root_dse.is) {
    ShowEntry(question->root_dse, unit, out);
  } else {
    out.client() += unit;
  }
  if (!IsFinal(answer.op)) return Read{};
  const bool bound = question->op == Op::kBindRequest && ResultOf(answer) == static_cast<int>(Result::kSuccess);
  const bool ends = bound && question->has_layer;
  Answered(answer.id);
  return ends ? Act(Relay{}) : Read{};
}

// A notification, or a response to an abandoned operation that was already under way.
Act LdapFilter::OnUnsolicited(const Message& answer, std::string_view unit, Out& out) {
  if (IsStale(answer.id)) {  // asked in plaintext: nobody inside TLS may see it
    if (ber::ReadHeader(unit).total() == unit.size()) return Read{};
    return Fail{{End::kProtocolError, Blame::kServer, "a long response to an abandoned operation"}};
  }
  if (!IsAbandoned(answer.id)) window().Close();
  if (IsFinal(answer.op))
    abandoned_.erase(std::remove(abandoned_.begin(), abandoned_.end(), answer.id), abandoned_.end());
  out.client() += unit;
  return Read{};
}

Act LdapFilter::OnTlsUp() {
  stale_.assign(abandoned_.begin(), abandoned_.end());
  abandoned_.clear();
  return TaggedFilter::OnTlsUp();
}

bool LdapFilter::IsStale(int32_t id) const { return std::find(stale_.begin(), stale_.end(), id) != stale_.end(); }

bool LdapFilter::IsAbandoned(int32_t id) const {
  return std::find(abandoned_.begin(), abandoned_.end(), id) != abandoned_.end();
}

// An abandoned operation gets no response (RFC 4511 4.11). Bind cannot be abandoned.
void LdapFilter::Abandon(const Message& request) {
  int32_t id = 0;
  if (!ber::ToInteger(request.body, id)) return;
  const Asked* question = Find(id);
  if (question == nullptr || question->op == Op::kBindRequest) return;
  if (question->root_dse.is) {
    abandoned_.push_back(id);
    if (abandoned_.size() > kMaxOperations) abandoned_.pop_front();
  }
  Answered(id);
}

// StartTLS is listed only while the client may use it.
void LdapFilter::ShowEntry(const RootDseSearch& search, std::string_view unit, Out& out) const {
  if (unit.find("-PLUS") != std::string_view::npos) out.Note(kChannelBindingNote);
  out.client() += on_offer() ? WithStartTls(unit, search.lists_extensions) : WithoutStartTls(unit);
}

}  // namespace starlock::protocol::ldap
