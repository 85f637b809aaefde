#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "base/result.h"
#include "buffer/executor.h"
#include "buffer/slab.h"
#include "buffer/stream.h"

namespace starlock::net {

struct TimerHandle;

/// An object that a loop can destroy at the end of a turn.
class Disposable {
 public:
  virtual ~Disposable() = default;
};

/// A member of an intrusive ring, which it leaves when destroyed. The ring itself is a link too, which is linked to
/// itself while the ring is empty.
class RingLink {
 public:
  RingLink() = default;
  ~RingLink() { Leave(); }
  RingLink(const RingLink&) = delete;
  RingLink& operator=(const RingLink&) = delete;

  bool linked() const { return next_ != this; }
  RingLink* next() const { return next_; }
  /// Joins `ring` as its last member. Must not be linked.
  void Join(RingLink& ring) {
    previous_ = std::exchange(ring.previous_, this);
    next_ = &ring;
    previous_->next_ = this;
  }
  /// Moves all members of this ring to `ring`, which must be empty.
  void MoveAllTo(RingLink& ring) {
    if (!linked()) return;
    ring.Join(*this);
    Leave();
  }
  void Leave() {
    previous_->next_ = next_;
    next_->previous_ = previous_;
    previous_ = next_ = this;
  }

 private:
  RingLink* previous_ = this;
  RingLink* next_ = this;
};

/// One event loop for one thread, with the slab pool of everything on it. All calls are on that thread, except Post.
/// Everything made on a loop must be destroyed before it. The destructor waits for pending name look-ups.
///
/// A turn runs timers, signals and posted tasks, then sockets (bulk transfers last), then deferred calls; then it
/// destroys what was disposed of.
class Loop : public buffer::Executor {
 public:
  using Clock = std::chrono::steady_clock;

  /// Aborts the process if the kernel refuses what a loop needs.
  Loop();
  /// The same, but kSystem if there are too few descriptors left for a loop.
  static Result<std::unique_ptr<Loop>> Create();
  ~Loop() override;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs until Stop.
  void Run();
  /// Ends Run after the current turn.
  void Stop();
  /// Wakes the loop and calls `task` on its thread. From any thread.
  void Post(std::function<void()> task);
  /// Calls `task` at the end of the current turn; from inside such a task, at the end of the next turn. Cannot be
  /// cancelled: if `task` uses an object that may be destroyed first, use a Deferred.
  void Defer(std::function<void()> task) override;
  /// Destroys `object` at the end of the current turn. Handlers use it to destroy a stream, or themselves, from inside
  /// its callback.
  void Dispose(std::unique_ptr<Disposable> object);
  /// The same for a stream, whose handler gets no further event.
  void Dispose(std::unique_ptr<buffer::Stream> stream);
  /// The time at which the current turn began, in milliseconds.
  Clock::time_point now() const;
  buffer::SlabPool& pool();
  /// Whether the destructor would wait for a name look-up. On the loop's thread, or once that has ended.
  bool awaits_lookup() const;

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// A call at the end of the turn, like Loop::Defer, that can be cancelled. Destroying this cancels it; it must not be
/// destroyed inside the call.
class Deferred : private RingLink {
 public:
  Deferred(Loop& loop, std::function<void()> call) : loop_(loop), call_(std::move(call)) {}
  ~Deferred() { Cancel(); }
  Deferred(const Deferred&) = delete;
  Deferred& operator=(const Deferred&) = delete;

  /// Schedules one call at the end of the turn. Has no effect if one is scheduled already.
  void Schedule();
  void Cancel();
  bool scheduled() const { return linked(); }

 private:
  friend struct Loop::Impl;
  Loop& loop_;
  std::function<void()> call_;
};

/// A one-shot timer. It does not fire once stopped or destroyed.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> on_fire);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// Fires once after `delay`. Restarts a running timer.
  void Start(std::chrono::milliseconds delay);
  void Stop();
  bool running() const;

 private:
  TimerHandle* impl_;  ///< owned by the loop, which reuses it
};

/// Calls `on_signal` on the loop's thread when the process receives `signum`.
class SignalWatcher {
 public:
  SignalWatcher(Loop& loop, int signum, std::function<void()> on_signal);
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

 private:
  struct Impl;
  Impl* impl_;
};

}  // namespace starlock::net
