#include "protocol/postgres/filter.h"

#include "protocol/postgres/words.h"

namespace starlock::protocol::postgres {
namespace {

constexpr const char* kChannelBinding =
    "the server offers channel binding (SCRAM-SHA-256-PLUS), which works across two TLS legs only if both present the "
    "same certificate: otherwise configure clients with channel_binding=disable";

// NegotiateProtocolVersion may precede the authentication request. Any other message ends the filter.
constexpr char kNegotiateProtocolVersion = 'v';
constexpr char kAuthentication = 'R';

}  // namespace

// An uninteresting or invalid message is recognised by its first byte, and left to the relay.
Frame PostgresFilter::Cut(Side side, std::string_view in, Scan& /*scan*/) {
  if (side == Side::kClient) return Frame::Whole(in.size());
  if (in.front() != kNegotiateProtocolVersion && in.front() != kAuthentication) return Frame::Whole(1);
  const Frame message = CutMessage(in);
  return message.kind == Frame::Kind::kBad ? Frame::Whole(1) : message;
}

Act PostgresFilter::On(Side side, std::string_view unit, Out& out) {
  if (side == Side::kClient) {
    out.server() += unit;
    return Read{};
  }
  if (unit.size() > 1 && unit.front() == kNegotiateProtocolVersion) {
    out.client() += unit;
    return Read{};
  }
  if (!OffersChannelBinding(unit)) return Relay{.keep = true};
  if (prologue_.client_tls) {
    out.Note(kChannelBinding);
    return Relay{.keep = true};
  }
  out.client() += WithoutChannelBinding(unit);
  return Relay{};
}

}  // namespace starlock::protocol::postgres
