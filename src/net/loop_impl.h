#pragma once

#include <uv.h>

#include <functional>
#include <mutex>
#include <vector>

#include "net/loop.h"
#include "net/pipe.h"
#include "net/poller.h"
#include "net/read_budget.h"

namespace starlock::net {

/// A libuv timer and its callback. Reused rather than closed, because closing costs a turn of libuv's loop.
struct TimerHandle {
  uv_timer_t uv{};
  std::function<void()> on_fire;
  bool firing = false;
  bool orphaned = false;  ///< its Timer was destroyed by its own callback
};

/// Closes and deletes a stopped handle.
void CloseTimer(TimerHandle* timer);

/// The parts of a loop that the classes of src/net share. For src/net alone.
struct Loop::Impl {
  Impl();
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void Turn();
  int SleepLimit();
  void EndTurn();
  void DestroyDisposed();
  void RunPosted();

  buffer::SlabPool pool;  // first, so that it is destroyed last
  PipePool pipes;
  uv_loop_t uv{};
  uv_async_t wake{};  ///< for Post
  Poller poller;
  std::vector<TimerHandle*> spare_timers;
  Clock::duration offset{};
  bool running = false;
  bool stopped = false;
  size_t lookups = 0;    ///< name look-ups that libuv has not answered
  bool uv_waits = true;  ///< libuv must run in the next turn
  ReadBudget reads;

  RingLink deferred;
  std::vector<std::function<void()>> tasks;
  std::vector<std::unique_ptr<Disposable>> disposed;

  std::mutex mutex;  // protects `posted`
  std::vector<std::function<void()>> posted;
};

}  // namespace starlock::net
