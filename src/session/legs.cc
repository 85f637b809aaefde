#include "session/legs.h"

#include <utility>

#include "session/holder.h"

namespace starlock::session {

using protocol::Index;
using protocol::Other;

Legs::Legs(net::Loop& loop, HangUp hang_up)
    : loop_(loop),
      legs_{std::make_unique<Leg>(Side::kClient, nullptr), std::make_unique<Leg>(Side::kServer, nullptr)},
      hang_up_(hang_up) {}

void Legs::SetOwner(LegOwner& owner) {
  owner_ = &owner;
  for (const auto& leg : legs_) leg->SetOwner(owner_);
}

void Legs::Close(Side side) {
  if (other(side).open()) other(side).stream()->PassTo(nullptr);
  (*this)[side].Close(loop_);
}

Closing Legs::Close(Side side, const Error& error) {
  Closing closing{error, !error && (*this)[side].end().has_value(), HangsUp(side)};
  Close(side);
  return closing;
}

// The leg may be reporting an event at this moment, so it lives until the end of the turn.
void Legs::Replace(Side side) {
  if ((*this)[side].state() == Leg::State::kUnopened) return;
  Close(side);
  auto fresh = std::make_unique<Leg>(side, owner_);
  DisposeOf(loop_, std::exchange(legs_[Index(side)], std::move(fresh)));
}

bool Legs::PassOnEnd(Side side) {
  const buffer::StreamEnd end = *(*this)[side].end();
  const bool cut = end == buffer::StreamEnd::kTruncated && !HangsUp(side);
  other(side).Finish(end);
  return !cut;
}

void Legs::Abort() {
  for (const auto& leg : legs_) {
    if (leg->open()) leg->stream()->Abort();
  }
}

bool Legs::HangsUp(Side side) const {
  if (hang_up_ == HangUp::kClient && side != Side::kClient) return false;
  return (*this)[Other(side)].end().has_value() && (*this)[side].queued() == 0;
}

}  // namespace starlock::session
