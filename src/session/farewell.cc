#include "session/farewell.h"

#include <chrono>
#include <utility>

namespace starlock::session {
namespace {

constexpr std::chrono::milliseconds kGoodbyePatience{2000};
// Longer than the five seconds that a plain stream may wait for its peer's acknowledgement before it resets.
constexpr std::chrono::milliseconds kCutPatience{6000};

}  // namespace

Farewell::Farewell(net::Loop& loop, Legs& legs, Options options, std::function<void()> on_over)
    : legs_(legs), options_(options), on_over_(std::move(on_over)), patience_(loop, [this] { OnPatienceOver(); }) {}

void Farewell::Start() {
  for (const Side side : {Side::kClient, Side::kServer}) {
    Leg& leg = legs_[side];
    leg.input().Clear();
    if (!leg.open()) continue;
    leg.stream()->End(Told(side) ? buffer::StreamEnd::kClean : buffer::StreamEnd::kTruncated);
    leg.stream()->SetReading(true);
  }
  Wait();
}

void Farewell::Wait() {
  unsent_ = legs_.queued();
  const std::chrono::milliseconds period = options_.client_told ? kGoodbyePatience : kCutPatience;
  waited_ += period;
  patience_.Start(period);
}

void Farewell::OnPatienceOver() {
  if (legs_.queued() < unsent_ && waited_ < options_.longest) return Wait();
  for (const Side side : {Side::kClient, Side::kServer}) {
    if (legs_[side].open() && !Told(side)) legs_[side].stream()->Abort();
  }
  Over();
}

void Farewell::OnData(Side side, buffer::Chain& in) {
  in.Consume(in.size());
  if (!options_.reset_on_input) return;
  legs_[side].stream()->Abort();
  Over();
}

void Farewell::OnClosed(Side side, const Error& /*error*/) {
  legs_.Close(side);
  if (!legs_.any_open()) Over();
}

void Farewell::Over() {
  patience_.Stop();
  on_over_();
}

}  // namespace starlock::session
