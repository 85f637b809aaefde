#pragma once

#include <memory>

#include "base/error.h"
#include "net/descriptor.h"
#include "net/loop.h"

namespace starlock::net {

struct Watched;

/// Owns one descriptor and watches it for readiness. Level-triggered: an event is reported in every turn while its
/// condition holds.
class Poll {
 public:
  enum Events : unsigned {
    kRead = 1,
    kWrite = 2,
    kError = 4,  ///< the socket has a pending error, and watching has stopped; the next calls on it return the error
  };

  class Watcher {
   public:
    virtual ~Watcher() = default;
    /// `events`: a set of Events. May close, move or destroy the Poll.
    virtual void OnReady(unsigned events) = 0;
  };

  Poll();
  ~Poll();
  Poll(Poll&& other) noexcept;
  Poll& operator=(Poll&& other) noexcept;

  /// Takes `descriptor`, which must be non-blocking, and watches it for `events`. kSystem: it cannot be watched, and is
  /// closed.
  Error Open(Loop& loop, Descriptor descriptor, unsigned events, Watcher* watcher);
  bool open() const { return watch_ != nullptr; }
  int fd() const;
  /// Sets the watcher that gets the events.
  void SetWatcher(Watcher* watcher);
  /// Watches for exactly `events`; 0: for none. Takes effect at the end of the turn, with at most one system call.
  void Watch(unsigned events);
  unsigned watched() const;
  /// Marks a bulk transfer. Each turn dispatches the others first, so that interactive sessions do not wait for it.
  void SetBulk(bool bulk);
  bool bulk() const;

  /// Stops watching and closes the descriptor.
  void Close();

 private:
  Loop* loop_ = nullptr;
  std::unique_ptr<Watched> watch_;
};

}  // namespace starlock::net
