#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "net/descriptor.h"
#include "net/poll.h"
#include "net/socket_address.h"

namespace starlock::net {

/// One connect() to one address. Destroying it closes its socket.
class Attempt final : public Disposable, private Poll::Watcher {
 public:
  /// Called once, from the loop, when the connection stands (`error` is kNone: Take it) or failed.
  using OnDone = std::function<void(Attempt& attempt, const Error& error)>;

  /// `from`: which of our own addresses to connect from, port and all (0: any); one of another family, or an empty one,
  /// leaves that to the kernel.
  Attempt(const SocketAddress& address, const SocketAddress& from, OnDone on_done)
      : address_(address), from_(from), on_done_(std::move(on_done)) {}

  /// kSystem: there was no descriptor or memory, so another address would fare no better. kConnectFailed: it failed at
  /// once. After an error `on_done` is not called.
  Error Start(Loop& loop);
  /// The connected socket, prepared (PrepareSocket). Its watcher is the taker's to set.
  Poll Take() { return std::move(poll_); }
  const SocketAddress& address() const { return address_; }

 private:
  void OnReady(unsigned events) override;
  Error Failed(int number) const;

  SocketAddress address_;
  SocketAddress from_;
  OnDone on_done_;
  Poll poll_;
};

/// `addresses`, each family in its order, and families in turn, beginning with the first one's (RFC 8305, 4).
std::vector<SocketAddress> Interleave(const std::vector<SocketAddress>& addresses);

}  // namespace starlock::net
