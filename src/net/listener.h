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

/// A descriptor that is bound and listens, but is not yet given to a loop: connections wait in its backlog.
class ListeningSocket {
 public:
  ListeningSocket(ListeningSocket&& other) noexcept;
  ListeningSocket& operator=(ListeningSocket&& other) noexcept;
  ~ListeningSocket();

  int fd() const { return fd_.get(); }
  const SocketAddress& address() const { return address_; }
  /// The descriptor, which is the caller's to close from now on.
  int Release() { return fd_.Release(); }

 private:
  friend Result<std::vector<ListeningSocket>> BindGroup(const HostPort&, size_t);
  ListeningSocket(Descriptor fd, const SocketAddress& address) : fd_(std::move(fd)), address_(address) {}
  Descriptor fd_;
  SocketAddress address_;
};

/// Binds `where` (a literal address, or a name such as `localhost`, of whose addresses the first IPv4 one is taken,
/// else the first) once a worker, as one SO_REUSEPORT group. A port in use is found rather than shared with a stranger,
/// and port 0 is settled once for all. `[::]` is IPv6 only. Blocks while a name is looked up: for the start of a
/// program. kInvalid or kSystem says what failed and why, and names `where`.
Result<std::vector<ListeningSocket>> BindGroup(const HostPort& where, size_t workers);

/// Accepts connections of one socket on one loop. Survives ECONNABORTED; when descriptors or memory run out it pauses
/// for a moment and resumes by itself, leaving the backlog to wait in the kernel. May be destroyed from its own calls;
/// that resets what the backlog holds.
class Listener {
 public:
  using OnAccept = std::function<void(std::unique_ptr<buffer::Stream> stream, const SocketAddress& peer)>;
  /// `on_pause` is told (for a log) when accepting pauses for want of descriptors or memory: once, until a connection
  /// is accepted again.
  Listener(Loop& loop, ListeningSocket socket, OnAccept on_accept, std::function<void(const Error&)> on_pause);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  const SocketAddress& address() const;
  /// Accepts what the backlog still holds (calling `on_accept` from in here), then closes: queued connections are
  /// served, not reset.
  void Close();

 private:
  class Impl;
  Loop& loop_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace starlock::net
