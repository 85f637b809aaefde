// Act three: bytes, untouched, until both ends have closed.

#include <utility>

#include "session/session.h"

namespace starlock::session {

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
  counter(from) += other(from).Write(context_.loop.pool(), rest);
  if (!leg(from).open()) return;
  if (other(from).open()) {
    leg(from).stream->SetRoom(other(from).stream->room());
    leg(from).stream->PassTo(other(from).stream.get());
  }
  leg(from).stream->SetReading(!other(from).congested);
}

void Session::Relay(Side side, buffer::Chain& in) {
  if (!other(side).open() || other(side).finished) return in.Consume(in.size());
  counter(side) += in.size();
  if (!other(side).stream->Write(std::move(in))) leg(side).stream->SetReading(false);
}

// What a stream has passed to the other one by itself.
void Session::OnPassed(Side side, size_t bytes, bool room) {
  Touch();
  counter(side) += bytes;
  if (!room) leg(side).stream->SetReading(false);
}

void Session::EndedInRelay(Side side) {
  const bool truncated = leg(side).end == buffer::StreamEnd::kTruncated;
  if (truncated && !HangsUp(side)) Note(End::kTruncated, BlameOf(side), "TLS ended without close_notify");
  if (other(side).open()) other(side).stream->End(leg(side).end);
  other(side).finished = true;
  other(side).congested = false;  // of a stream that is to end nobody hears when there is room again
}

// A client that has the server's last byte and its end, and then neither says close_notify nor waits for ours, has cut
// nothing short: most mail clients leave so. (A server that did it would have cut its answer.)
bool Session::HangsUp(Side side) const {
  return side == Side::kClient && server_.ended && (!client_.open() || client_.stream->queued() == 0);
}

void Session::ClosedInRelay(Side side, const Error& error) {
  const bool in_order = !error && leg(side).ended;
  if (error.code == ErrorCode::kReset && HangsUp(side)) {
    Note(End::kClosed, Blame::kNone, "");
  } else if (error) {
    const bool broken = error.code == ErrorCode::kTls;
    Note(broken ? End::kProtocolError : End::kReset, BlameOf(side), error.detail);
  }
  Drop(leg(side));
  if (!other(side).open()) {
    Note(End::kClosed, Blame::kNone, "");
    return Done();
  }
  // Of a leg that ended in order the other one knows already; what broke one must show on the other.
  if (!in_order || !other(side).finished) BeginClose();
}

}  // namespace starlock::session
