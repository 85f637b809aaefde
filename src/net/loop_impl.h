#pragma once

#include <uv.h>

#include <mutex>
#include <vector>

#include "net/loop.h"
#include "net/pipe.h"

namespace starlock::net {

/// What the classes of this layer share of a loop. For src/net alone.
struct Loop::Impl {
  Impl();
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void KeepTurning();
  void EndTurn();
  void DestroyDisposed();
  void RunPosted();

  buffer::SlabPool pool;  // first, so that it goes last
  PipePool pipes;
  uv_loop_t uv{};
  uv_async_t wake{};      ///< Post
  uv_check_t turn_end{};  ///< after every poll
  uv_idle_t no_wait{};    ///< active while something is deferred: the poll must not sleep on it
  Clock::duration offset{};
  bool running = false;
  size_t read_in_turn = 0;

  RingLink deferred;
  std::vector<std::function<void()>> tasks;
  std::vector<std::unique_ptr<Disposable>> disposed;

  std::mutex mutex;  // for what follows
  std::vector<std::function<void()>> posted;
};

}  // namespace starlock::net
