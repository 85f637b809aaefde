#pragma once

#include "base/error.h"
#include "net/descriptor.h"
#include "net/loop.h"

namespace starlock::net {

/// Watches one descriptor, which it owns, for readiness. Level-triggered: what is watched for is told every turn for as
/// long as it holds.
class Poll {
 public:
  enum Events : unsigned {
    kRead = 1,
    kWrite = 2,
    kError = 4,  ///< an error waits at the socket; watching has stopped. Use the socket until the error shows.
  };

  class Watcher {
   public:
    virtual ~Watcher() = default;
    /// `events` of Events. May Close or destroy the Poll.
    virtual void OnReady(unsigned events) = 0;
  };

  Poll() = default;
  ~Poll();
  Poll(const Poll&) = delete;
  Poll& operator=(const Poll&) = delete;

  /// Takes `descriptor`, makes it non-blocking and watches for nothing yet. An error closes it.
  Error Open(Loop& loop, Descriptor descriptor, Watcher* watcher);
  bool open() const { return impl_ != nullptr; }
  int fd() const;
  /// Watches for exactly `events`; 0 stops. Each real change costs two system calls.
  void Watch(unsigned events);
  unsigned watched() const;

  /// Stops watching and closes the descriptor, or hands it back.
  void Close();
  Descriptor Release();

 private:
  struct Impl;
  Impl* impl_ = nullptr;  ///< freed by libuv's close callback
};

}  // namespace starlock::net
