#include "session/deadline.h"

#include <utility>

namespace starlock::session {

using std::chrono::milliseconds;

Deadline::Deadline(DeadlineOwner& owner, net::Loop& loop, const config::Limits& limits)
    : owner_(owner), loop_(loop), limits_(limits), timer_(loop, [this] { OnTimer(); }), last_moved_(loop.now()) {}

void Deadline::BeginNegotiation() {
  negotiating_ = true;
  Start(limits_.negotiation_timeout);
}

void Deadline::BeginIdle() {
  negotiating_ = false;
  Touch();
  Start(limits_.idle_timeout);
}

void Deadline::Start(milliseconds delay) {
  if (delay.count() > 0) {
    timer_.Start(delay);
  } else {
    timer_.Stop();
  }
}

void Deadline::OnTimer() {
  if (negotiating_) return owner_.OnNegotiationTimeout();
  const auto idle_for = std::chrono::duration_cast<milliseconds>(loop_.now() - last_moved_);
  const milliseconds left = limits_.idle_timeout - idle_for;
  if (left.count() > 0) return timer_.Start(left);
  if (Delivers()) return timer_.Start(limits_.idle_timeout);
  owner_.OnIdle();
}

// Undelivered bytes count as progress if there are fewer than at the last call. The first call has nothing to compare.
bool Deadline::Delivers() {
  const size_t now = owner_.Undelivered();
  const std::optional<size_t> before = std::exchange(undelivered_, now);
  return before ? now < *before : now > 0;
}

}  // namespace starlock::session
