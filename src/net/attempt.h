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
  /// Called once, from the loop: the connection is established (`error` is kNone; call Take), or has failed.
  using OnDone = std::function<void(Attempt& attempt, const Error& error)>;

  /// `from`: the local address and port to connect from (port 0: any). The kernel chooses if it is empty or of another
  /// family.
  Attempt(const SocketAddress& address, const SocketAddress& from, OnDone on_done)
      : address_(address), from_(from), on_done_(std::move(on_done)) {}

  /// kSystem: no descriptor or memory is left, so other addresses would fail too. kConnectFailed: connect() failed
  /// immediately. After an error `on_done` is not called.
  Error Start(Loop& loop);
  /// The connected socket, prepared by PrepareSocket. The caller sets its watcher.
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

/// `addresses` with IPv4 and IPv6 alternating, starting with the first one's family (RFC 8305, 4). Each family keeps
/// its order.
std::vector<SocketAddress> Interleave(const std::vector<SocketAddress>& addresses);

}  // namespace starlock::net
