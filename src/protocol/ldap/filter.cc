#include "protocol/ldap/filter.h"

#include <algorithm>

#include "protocol/ldap/ber.h"

namespace starlock::protocol::ldap {
namespace {

// A client that asks on without reading would have us remember its questions for ever.
constexpr size_t kMaxOutstanding = 256;

}  // namespace

// A message that is too long to be held passes in pieces, once its head is there. StartTLS is none of that length, but
// for who pads it with controls to have it pass.
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
  const Message message = Parse(unit);
  if (side == Side::kClient ? !IsRequest(message) : !message.good) {
    const Blame blame = side == Side::kClient ? Blame::kClient : Blame::kServer;
    return Fail{{End::kProtocolError, blame, "that is no message of LDAP"}};
  }
  Act act = side == Side::kServer ? OnAnswer(message, unit, out) : OnRequest(message, unit, out);
  if (Is<Read>(act)) rest = ber::ReadHeader(unit).total() - unit.size();
  return act;
}

Act LdapFilter::OnRequest(const Message& request, std::string_view unit, Out& out) {
  const StartTlsRequest starttls = AsStartTls(request);
  if (starttls.is && ber::ReadHeader(unit).total() > unit.size()) {
    return Fail{{End::kProtocolError, Blame::kClient, "a StartTLS that is too long"}};
  }
  if (starttls.is) return OnStartTls(request, starttls.has_value, out);
  const bool asks = !Answer(request, Result::kSuccess, "").empty();
  if (asks && outstanding_.size() >= kMaxOutstanding) return Wait{};
  if (!noted_ && (prologue_.client_tls || prologue_.server_tls) && BindsExternally(request)) {
    noted_ = true;
    out.Note(
        "the client wants to authenticate by its TLS certificate (EXTERNAL), which the server behind cannot see: use "
        "another mechanism");
  }
  const RootDseSearch root_dse = AsRootDseSearch(request);
  window_open_ = window_open_ && root_dse.is;  // all else may well have been meant to be protected
  if (request.op == Op::kAbandonRequest) Abandon(request);
  if (asks) outstanding_.push_back({request.id, request.op, root_dse});
  // What asks for nothing ends the need to read it, too, but for Abandon in a plaintext leg.
  if (request.op == Op::kUnbindRequest || Done()) return Relay{.keep = true};
  out.server() += unit;
  return Read{};
}

Act LdapFilter::OnStartTls(const Message& request, bool has_value, Out& out) {
  if (OnOffer() && outstanding_.empty() && !has_value) {
    out.client() += Answer(request, Result::kSuccess, "");
    return Upgrade{Side::kClient};
  }
  if (++refusals_ > kMaxRefusals) return Fail{{End::kLimit, Blame::kClient, "too many operations were refused"}};
  if (prologue_.client_tls) {
    out.client() += Answer(request, Result::kOperationsError, "TLS is active already");
  } else if (prologue_.env.client == TlsMode::kOff) {
    out.client() += Answer(request, Result::kProtocolError, "StartTLS is not available");
  } else if (!window_open_) {
    out.client() += Answer(request, Result::kOperationsError, "too late for StartTLS");
  } else if (!outstanding_.empty()) {
    out.client() += Answer(request, Result::kOperationsError, "StartTLS while an operation is outstanding");
  } else {
    out.client() += Answer(request, Result::kProtocolError, "StartTLS has no value");
  }
  return Read{};
}

Act LdapFilter::OnAnswer(const Message& answer, std::string_view unit, Out& out) {
  const auto asked =
      std::find_if(outstanding_.begin(), outstanding_.end(), [&](const Asked& one) { return one.id == answer.id; });
  if (asked == outstanding_.end()) {  // a notice, or what comes behind an Abandon
    out.client() += unit;
    return Read{};
  }
  if (answer.op == Op::kSearchResultEntry && asked->root_dse.is) {
    ShowEntry(asked->root_dse, unit, out);
  } else {
    out.client() += unit;
  }
  if (!IsFinal(answer.op)) return Read{};
  const bool bound = asked->op == Op::kBindRequest && ResultOf(answer) == static_cast<int>(Result::kSuccess);
  outstanding_.erase(asked);
  return bound || Done() ? Act(Relay{}) : Read{};
}

// No answer comes to what was abandoned (RFC 4511 4.11); Bind can't be.
void LdapFilter::Abandon(const Message& request) {
  int32_t id = 0;
  if (!ber::ToInteger(request.body, id)) return;
  const auto asked = std::find_if(outstanding_.begin(), outstanding_.end(),
                                  [&](const Asked& one) { return one.id == id && one.op != Op::kBindRequest; });
  if (asked != outstanding_.end()) outstanding_.erase(asked);
}

// Without the client's TLS on offer StartTLS is not shown: it would be refused, or be a second one.
void LdapFilter::ShowEntry(const RootDseSearch& search, std::string_view unit, Out& out) const {
  if (unit.find("-PLUS") != std::string_view::npos) {
    out.Note(
        "the server offers SASL with channel binding (-PLUS), which can't pass a proxy that ends TLS: "
        "let clients use another mechanism");
  }
  out.client() += OnOffer() ? WithStartTls(unit, search.lists_extensions) : WithoutStartTls(unit);
}

}  // namespace starlock::protocol::ldap
