#pragma once

#include <memory>

#include "base/error.h"
#include "net/descriptor.h"
#include "net/loop.h"

namespace starlock::net {

struct Watched;

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
    /// `events` of Events. May Close, move or destroy the Poll.
    virtual void OnReady(unsigned events) = 0;
  };

  Poll();
  ~Poll();
  Poll(Poll&& other) noexcept;
  Poll& operator=(Poll&& other) noexcept;

  /// Takes `descriptor`, which must be non-blocking, and watches it for `events`. An error closes it.
  Error Open(Loop& loop, Descriptor descriptor, unsigned events, Watcher* watcher);
  bool open() const { return watch_ != nullptr; }
  int fd() const;
  /// Who is told from now on.
  void SetWatcher(Watcher* watcher);
  /// Watches for exactly `events`; 0 stops. What has changed by the end of the turn costs one system call.
  void Watch(unsigned events);
  unsigned watched() const;
  /// Whether much goes on here: in each turn, those where little does are told first, so that who asks and answers need
  /// not wait for bulk.
  void SetBulk(bool bulk);
  bool bulk() const;

  /// Stops watching and closes the descriptor.
  void Close();

 private:
  Loop* loop_ = nullptr;
  std::unique_ptr<Watched> watch_;
};

}  // namespace starlock::net
