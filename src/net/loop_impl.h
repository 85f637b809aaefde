#pragma once

#include <uv.h>

#include <functional>
#include <mutex>
#include <vector>

#include "net/loop.h"
#include "net/pipe.h"
#include "net/poller.h"

namespace starlock::net {

/// libuv's timer and what it calls. Used again rather than closed, which would cost libuv a turn of its own.
struct TimerHandle {
  uv_timer_t uv{};
  std::function<void()> on_fire;
  bool firing = false;
  bool orphaned = false;  ///< its Timer died while it fired
};

/// Gives up a handle that is stopped.
void CloseTimer(TimerHandle* timer);

/// What the classes of this layer share of a loop. For src/net alone.
struct Loop::Impl {
  Impl();
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void Turn();
  int Patience();
  void EndTurn();
  void DestroyDisposed();
  void RunPosted();

  buffer::SlabPool pool;  // first, so that it goes last
  PipePool pipes;
  uv_loop_t uv{};
  uv_async_t wake{};  ///< Post
  Poller poller;
  std::vector<TimerHandle*> spare_timers;
  Clock::duration offset{};
  bool running = false;
  bool stopped = false;
  bool uv_waits = true;  ///< libuv has something to begin with
  size_t read_in_turn = 0;
  Clock::time_point careful_until;  ///< since somebody read only a few bytes

  RingLink deferred;
  std::vector<std::function<void()>> tasks;
  std::vector<std::unique_ptr<Disposable>> disposed;

  std::mutex mutex;  // for what follows
  std::vector<std::function<void()>> posted;
};

}  // namespace starlock::net
