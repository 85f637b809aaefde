#include "session/relay.h"

#include <utility>

namespace starlock::session {

void Relay::Start() {
  HandOver(Side::kClient);
  HandOver(Side::kServer);
  for (const Side side : {Side::kClient, Side::kServer}) {
    if (legs_[side].end()) OnEnd(side);
  }
}

void Relay::HandOver(Side from) {
  Leg& source = legs_[from];
  Leg& sink = legs_.other(from);
  owner_.OnMoved(from, sink.Write(loop_.pool(), source.input().view()));
  source.input().Clear();
  if (!source.open()) return;
  if (sink.open()) {
    source.stream()->SetRoom(sink.stream()->room());
    source.stream()->PassTo(sink.stream());
  }
  source.stream()->SetReading(!sink.congested());
}

void Relay::OnData(Side side, buffer::Chain& in) {
  Leg& sink = legs_.other(side);
  if (!sink.open() || sink.finished()) {
    owner_.OnMoved(side, 0);
    return in.Consume(in.size());
  }
  owner_.OnMoved(side, in.size());
  if (!sink.stream()->Write(std::move(in))) legs_[side].stream()->SetReading(false);
}

void Relay::OnWritable(Side side) {
  const Side from = protocol::Other(side);
  owner_.OnMoved(from, 0);
  if (legs_[from].open()) legs_[from].stream()->SetReading(true);
}

void Relay::OnEnd(Side side) {
  if (!legs_.PassOnEnd(side)) owner_.OnTruncated(side);
}

void Relay::OnClosed(Side side, const Error& error) { owner_.OnLegClosed(side, legs_.Close(side, error)); }

void Relay::OnPassed(Side side, size_t bytes, bool room) {
  owner_.OnMoved(side, bytes);
  if (!room) legs_[side].stream()->SetReading(false);
}

}  // namespace starlock::session
