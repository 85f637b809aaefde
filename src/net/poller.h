#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstddef>

#include "net/descriptor.h"
#include "net/loop.h"
#include "net/poll.h"

namespace starlock::net {

/// What one descriptor is watched for.
struct Watched : RingLink {
  Descriptor descriptor;
  Poll::Watcher* watcher = nullptr;
  unsigned wanted = 0;  ///< of Poll::Events
  unsigned known = 0;   ///< what the kernel was told
  bool bulk = false;    ///< told after those that are not
};

/// The descriptors that a loop watches: one epoll, in which libuv's own is a member like any other. (A uv_poll_t would
/// do, at five system calls more a connection.) For src/net alone.
///
/// A descriptor is added once and goes when it is closed; what changes in between is told the kernel once a turn.
class Poller {
 public:
  Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  /// Wait says whether `descriptor` is ready to be read. 0, or an errno.
  int AddOther(int descriptor);
  /// Watches for `watch.wanted`, and keeps a reference until Forget. 0, or an errno.
  int Add(Watched& watch);
  /// Its `wanted` has changed.
  void Change(Watched& watch);
  /// Its descriptor is about to be closed, which is all that the kernel needs.
  void Forget(Watched& watch);

  /// Sleeps for at most `milliseconds` (-1: for ever) until there is something to tell. True: of the other one, too.
  bool Wait(int milliseconds);
  /// Tells what Wait found, bulk last. Whoever is told may forget any of them.
  void Tell();

 private:
  static constexpr size_t kMost = 256;  // of one turn; the others come first in the next

  void TellOne(const epoll_event& event);
  void Update();

  Descriptor epoll_;
  RingLink changed_;
  std::array<epoll_event, kMost> found_;
  size_t count_ = 0;  ///< of found_
};

}  // namespace starlock::net
