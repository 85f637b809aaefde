#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "buffer/executor.h"
#include "buffer/slab.h"
#include "buffer/stream.h"

namespace starlock::net {

struct TimerHandle;

/// What can be handed to a loop to be destroyed at the end of its turn.
class Disposable {
 public:
  virtual ~Disposable() = default;
};

/// A place in a ring of things; leaves it when destroyed. A ring is a link too, alone where the ring is empty.
class RingLink {
 public:
  RingLink() = default;
  ~RingLink() { Leave(); }
  RingLink(const RingLink&) = delete;
  RingLink& operator=(const RingLink&) = delete;

  bool linked() const { return next_ != this; }
  RingLink* next() const { return next_; }
  /// Joins at the back of `ring`, from which this comes last. Must not be linked.
  void Join(RingLink& ring) {
    previous_ = std::exchange(ring.previous_, this);
    next_ = &ring;
    previous_->next_ = this;
  }
  /// Moves all that is in this ring to the empty `ring`.
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

/// One event loop, for one thread, and the slab pool of everything that lives on it. All calls on its thread, but
/// Post. Destroy it only after everything made on it. (Its destructor waits for a name look-up that is under way.)
///
/// A turn: timers, signals and posted tasks, then sockets (bulk last), then what was deferred, then what was disposed
/// of.
class Loop : public buffer::Executor {
 public:
  using Clock = std::chrono::steady_clock;

  Loop();
  ~Loop() override;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs until Stop.
  void Run();
  /// Ends Run after the present turn.
  void Stop();
  /// Calls `task` on the loop's thread, soon. From any thread; wakes the loop.
  void Post(std::function<void()> task);
  /// Calls `task` at the end of the present turn (on the loop's thread only); from inside such a task, at the end of
  /// the next one. Nothing takes it back: where `task` holds what may die before, use a Deferred.
  void Defer(std::function<void()> task) override;
  /// Destroys `object` at the end of the present turn: the way for a handler to be rid of a stream, or of itself,
  /// from inside a call.
  void Dispose(std::unique_ptr<Disposable> object);
  /// A stream tells its handler nothing more from here on.
  void Dispose(std::unique_ptr<buffer::Stream> stream);
  /// How many of `wanted` bytes one socket may read now: all, or less where others may wait for it. That is `little` at
  /// most when `kMuch` were read in this turn already; and half of that when some socket has had only a few bytes to
  /// read, as those who ask and answer have, a moment ago.
  size_t ReadingShare(size_t wanted, size_t little) const;
  void CountRead(size_t bytes);
  static constexpr size_t kMuch = size_t{512} * 1024;
  static constexpr size_t kFew = size_t{2} * 1024;
  static constexpr std::chrono::milliseconds kCare{2};  ///< the moment
  /// The time at the beginning of the present turn, to the millisecond.
  Clock::time_point now() const;
  buffer::SlabPool& pool();

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// A call that can be put off to the end of the turn, like Loop::Defer, but is not made once this is destroyed (which
/// must not happen inside the call itself) or cancelled.
class Deferred : private RingLink {
 public:
  Deferred(Loop& loop, std::function<void()> call) : loop_(loop), call_(std::move(call)) {}
  ~Deferred() { Cancel(); }
  Deferred(const Deferred&) = delete;
  Deferred& operator=(const Deferred&) = delete;

  /// Once is enough: it is called once however often it was scheduled before.
  void Schedule();
  void Cancel();
  bool scheduled() const { return linked(); }

 private:
  friend struct Loop::Impl;
  Loop& loop_;
  std::function<void()> call_;
};

/// A one-shot timer. Destroying or stopping it means it does not fire.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> on_fire);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// Fires once after `delay`; restarts where it runs already.
  void Start(std::chrono::milliseconds delay);
  void Stop();
  bool running() const;

 private:
  TimerHandle* impl_;  ///< the loop's, to be used again
};

/// Calls `on_signal` on the loop's thread when the process gets `signum`.
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
