#pragma once

#include <cstddef>

#include "net/loop.h"

namespace starlock::net {

/// Divides reading among the sockets of one loop, so that interactive sessions do not wait for bulk transfers. For
/// src/net alone.
class ReadBudget {
 public:
  /// Once a turn has read this many bytes, further reads in it are small.
  static constexpr size_t kLargeTurn = size_t{512} * 1024;
  /// A read of fewer bytes is interactive: a command or a reply.
  static constexpr size_t kInteractive = size_t{2} * 1024;
  /// For this long after an interactive read, reads are smaller still.
  static constexpr std::chrono::milliseconds kInteractivePeriod{2};

  /// How many of `wanted` bytes a socket may read at `now`: all of them; at most `small` once this turn has read
  /// kLargeTurn bytes; at most half of `small` within kInteractivePeriod after an interactive read.
  size_t Share(size_t wanted, size_t small, Loop::Clock::time_point now) const;
  /// Counts a read of `bytes` at `now`.
  void Count(size_t bytes, Loop::Clock::time_point now);
  void EndTurn() { read_in_turn_ = 0; }

 private:
  size_t read_in_turn_ = 0;
  Loop::Clock::time_point interactive_until_;
};

}  // namespace starlock::net
