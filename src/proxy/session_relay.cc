// Act three: bytes, untouched, until both ends have closed.

#include <utility>

#include "proxy/session.h"

namespace starlock::proxy {

void Session::BeginRelay() {
  phase_ = Phase::kRelay;
  NoteMeetingPoint();
  HandOver(Side::kClient);
  HandOver(Side::kServer);
  dialogue_.reset();
  for (const Side side : {Side::kClient, Side::kServer}) {
    if (phase_ == Phase::kRelay && leg(side).ended) EndedInRelay(side);
  }
}

// What was read of `from` and not used is the first that the relay passes on.
void Session::HandOver(Side from) {
  const std::string rest = std::exchange(leg(from).input, {});
  counter(from) += rest.size();
  other(from).Write(context_.loop.pool(), rest);
  leg(from).stream->SetReading(!other(from).congested);
}

void Session::Relay(Side side, buffer::Chain& in) {
  counter(side) += in.size();
  if (!other(side).open()) return in.Consume(in.size());
  if (!other(side).stream->Write(std::move(in))) leg(side).stream->SetReading(false);
}

void Session::EndedInRelay(Side side) {
  // A peer that only hangs up once the other one has ended has cut nothing short: many do so after a goodbye.
  const bool truncated = leg(side).end == buffer::StreamEnd::kTruncated && !other(side).ended;
  if (truncated) Note(End::kTruncated, BlameOf(side), "TLS ended without close_notify");
  if (other(side).open()) other(side).stream->End(leg(side).end);
}

void Session::ClosedInRelay(Side side, const Error& error) {
  const bool in_order = !error && leg(side).ended;
  if (error) {
    const bool broken = error.code == ErrorCode::kTls;
    Note(broken ? End::kProtocolError : End::kReset, BlameOf(side), error.detail);
  }
  Drop(leg(side));
  if (!other(side).open()) {
    Note(End::kClosed, Blame::kNone, "");
    return Done();
  }
  // Of a leg that ended in order the other one knows already; what broke one must show on the other.
  if (!in_order) BeginClose();
}

}  // namespace starlock::proxy
