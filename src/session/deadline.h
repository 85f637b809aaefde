#pragma once

#include <chrono>
#include <optional>

#include "config/config.h"
#include "net/loop.h"

namespace starlock::session {

/// Receives a deadline's events. Called from the loop.
class DeadlineOwner {
 public:
  virtual ~DeadlineOwner() = default;
  virtual void OnNegotiationTimeout() = 0;
  virtual void OnIdle() = 0;
  /// Bytes that were written and have not reached the peers yet.
  virtual size_t Undelivered() const = 0;
};

/// The one deadline of a session: first for the negotiation, then for idleness. A limit of 0 switches it off.
///
/// A session is idle when nothing has moved for `idle_timeout`. A peer that slowly reads from the kernel's buffer
/// causes no event. So the deadline also compares the undelivered bytes with their number one `idle_timeout` earlier. A
/// peer that stops reading is therefore disconnected after one to two `idle_timeout`s.
class Deadline {
 public:
  /// `limits` must outlive it.
  Deadline(DeadlineOwner& owner, net::Loop& loop, const config::Limits& limits);

  void BeginNegotiation();
  void BeginIdle();
  void Stop() { timer_.Stop(); }
  /// Something has moved.
  void Touch() {
    last_moved_ = loop_.now();
    undelivered_.reset();
  }

 private:
  void Start(std::chrono::milliseconds delay);
  void OnTimer();
  bool Delivers();

  DeadlineOwner& owner_;
  net::Loop& loop_;
  const config::Limits& limits_;
  net::Timer timer_;
  net::Loop::Clock::time_point last_moved_;
  std::optional<size_t> undelivered_;  ///< when it was last looked at; absent if something has moved since
  bool negotiating_ = true;
};

}  // namespace starlock::session
