#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstddef>

#include "net/descriptor.h"
#include "net/loop.h"
#include "net/poll.h"

namespace starlock::net {

/// One watched descriptor.
struct Watched : RingLink {
  Descriptor descriptor;
  Poll::Watcher* watcher = nullptr;
  unsigned wanted = 0;  ///< of Poll::Events
  unsigned known = 0;   ///< what the kernel watches for
  bool bulk = false;    ///< a bulk transfer: dispatched last
};

/// The descriptors that a loop watches: one epoll instance, in which libuv's backend descriptor is a member. (uv_poll_t
/// would cost five more system calls per connection.) For src/net alone.
///
/// A descriptor is added once and leaves when it is closed. Changes of what it is watched for go to the kernel once per
/// turn.
class Poller {
 public:
  Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  /// Adds libuv's descriptor: Wait returns whether it is readable. 0, or an errno.
  int AddBackend(int descriptor);
  /// Watches `watch.descriptor` for `watch.wanted`, and keeps a reference until Forget. 0, or an errno.
  int Add(Watched& watch);
  /// `watch.wanted` has changed.
  void Change(Watched& watch);
  /// Call before closing the descriptor, which removes it from the epoll instance.
  void Forget(Watched& watch);

  /// Waits for events for at most `milliseconds` (-1: no limit). Returns whether libuv's descriptor is ready.
  bool Wait(int milliseconds);
  /// Calls the watchers of what Wait found, bulk transfers last. A watcher may Forget any descriptor.
  void Dispatch();

 private:
  static constexpr size_t kMaxEvents = 256;  // per turn; the kernel reports the others first in the next turn

  void DispatchOne(const epoll_event& event);
  void Update();

  Descriptor epoll_;
  RingLink changed_;
  std::array<epoll_event, kMaxEvents> found_;
  size_t count_ = 0;  ///< events in found_
};

}  // namespace starlock::net
