#include "net/read_budget.h"

#include <algorithm>

namespace starlock::net {

size_t ReadBudget::Share(size_t wanted, size_t small, Loop::Clock::time_point now) const {
  if (now < interactive_until_) return std::min(wanted, small / 2);
  return read_in_turn_ >= kLargeTurn ? std::min(wanted, small) : wanted;
}

void ReadBudget::Count(size_t bytes, Loop::Clock::time_point now) {
  read_in_turn_ += bytes;
  if (bytes > 0 && bytes < kInteractive) interactive_until_ = now + kInteractivePeriod;
}

}  // namespace starlock::net
