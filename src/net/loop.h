#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "buffer/executor.h"
#include "buffer/slab.h"

namespace starlock::net {

/// What can be handed to a loop to be destroyed at the end of its turn.
class Disposable {
 public:
  virtual ~Disposable() = default;
};

/// One event loop, for one thread, and the slab pool of everything that lives on it. All calls on its thread, but
/// Post. Destroy it only after everything made on it.
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
  /// Calls `task` at the end of the present turn (on the loop's thread only).
  void Defer(std::function<void()> task) override;
  /// Destroys `object` at the end of the present turn: the way for a handler to be rid of a stream, or of itself,
  /// from inside a call.
  void Dispose(std::unique_ptr<Disposable> object);
  /// The time at the beginning of the present turn.
  Clock::time_point now() const;
  buffer::SlabPool& pool();

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
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
  struct Impl;
  Impl* impl_;  ///< freed by libuv's close callback
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
