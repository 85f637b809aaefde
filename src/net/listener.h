#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/host_port.h"
#include "base/result.h"
#include "buffer/stream.h"
#include "net/descriptor.h"
#include "net/loop.h"
#include "net/socket_address.h"

namespace starlock::net {

/// A socket that listens and is not yet watched by a loop. Connections wait in its backlog.
class ListeningSocket {
 public:
  ListeningSocket(ListeningSocket&& other) noexcept;
  ListeningSocket& operator=(ListeningSocket&& other) noexcept;
  ~ListeningSocket();

  int fd() const { return fd_.get(); }
  const SocketAddress& address() const { return address_; }
  /// Gives up ownership: the caller closes the descriptor.
  int Release() { return fd_.Release(); }

 private:
  friend Result<std::vector<ListeningSocket>> BindGroup(const HostPort&, size_t);
  ListeningSocket(Descriptor fd, const SocketAddress& address) : fd_(std::move(fd)), address_(address) {}
  Descriptor fd_;
  SocketAddress address_;
};

/// Opens one listening socket per worker on `where`, as one SO_REUSEPORT group. A port that another process uses is an
/// error, even if that process uses SO_REUSEPORT. With port 0 all sockets share one free port. `[::]` is IPv6 only. A
/// name such as `localhost` is looked up, which blocks; its first IPv4 address is used, else its first address.
/// kInvalid, kSystem: the detail names `where`, and what failed and why.
Result<std::vector<ListeningSocket>> BindGroup(const HostPort& where, size_t workers);

/// Accepts connections of one socket on one loop. If descriptors or memory run out, it pauses for 100 ms at a time,
/// while connections wait in the kernel's backlog. May be destroyed from its own callbacks; that resets the backlog.
class Listener {
 public:
  using OnAccept = std::function<void(std::unique_ptr<buffer::Stream> stream, const SocketAddress& peer)>;
  /// Called when accepting pauses because descriptors or memory ran out; not again until a connection was accepted.
  using OnPause = std::function<void(const Error&)>;

  /// kSystem: the loop cannot watch the socket, which is then closed.
  static Result<std::unique_ptr<Listener>> Create(Loop& loop, ListeningSocket socket, OnAccept on_accept,
                                                  OnPause on_pause);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  const SocketAddress& address() const;
  /// Accepts what is in the backlog now, then closes the socket: these connections are served rather than reset. As
  /// many of them are accepted in a turn as while listening; then `on_closed` is called, from the loop. A connection
  /// that arrives meanwhile is accepted or reset.
  void Close(std::function<void()> on_closed);
  /// The same inside this call: bounded by the length of the backlog, but not by a turn.
  void CloseNow();

 private:
  class Impl;
  Listener(Loop& loop, std::unique_ptr<Impl> impl);

  Loop& loop_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace starlock::net
