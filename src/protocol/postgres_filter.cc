#include "protocol/postgres_filter.h"

#include "protocol/postgres_words.h"

namespace starlock::protocol::postgres {
namespace {

constexpr const char* kChannelBinding =
    "the server offers channel binding (SCRAM-SHA-256-PLUS), which holds across two TLS legs only where both show one "
    "certificate: otherwise have clients connect with channel_binding=disable";

// NegotiateProtocolVersion may come before the question for a password; all else is the end of our interest.
constexpr char kNegotiateProtocolVersion = 'v';
constexpr char kAuthentication = 'R';

}  // namespace

// What is no message, or none that matters, is shown by its first byte alone, and left to the relay.
Frame PostgresFilter::Cut(Side side, std::string_view in) {
  if (side == Side::kClient) return Frame::Whole(in.size());
  if (in.front() != kNegotiateProtocolVersion && in.front() != kAuthentication) return Frame::Whole(1);
  const Frame message = CutMessage(in);
  return message.kind == Frame::Kind::kBad ? Frame::Whole(1) : message;
}

Verdict PostgresFilter::On(Side side, std::string_view unit, Out& out) {
  if (side == Side::kClient) {
    out.server() += unit;
    return Verdict::Read();
  }
  if (unit.size() > 1 && unit.front() == kNegotiateProtocolVersion) {
    out.client() += unit;
    return Verdict::Read();
  }
  if (!OffersChannelBinding(unit)) return Verdict::Do(Act::kRelay, true);
  if (prologue_.client_tls) {
    out.note = kChannelBinding;
    return Verdict::Do(Act::kRelay, true);
  }
  out.client() += WithoutChannelBinding(unit);
  return Verdict::Do(Act::kRelay);
}

}  // namespace starlock::protocol::postgres
