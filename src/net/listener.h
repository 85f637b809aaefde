#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/host_port.h"
#include "base/result.h"
#include "buffer/stream.h"
#include "net/loop.h"
#include "net/socket_address.h"

namespace starlock::net {

/// A listening descriptor that is bound but not yet given to a loop.
class ListeningSocket {
 public:
  ListeningSocket(ListeningSocket&& other) noexcept;
  ListeningSocket& operator=(ListeningSocket&& other) noexcept;
  ~ListeningSocket();

  int fd() const { return fd_; }
  const SocketAddress& address() const { return address_; }
  int Release();

 private:
  friend Result<std::vector<ListeningSocket>> BindGroup(const HostPort&, size_t);
  ListeningSocket(int fd, SocketAddress address) : fd_(fd), address_(address) {}
  int fd_ = -1;
  SocketAddress address_;
};

/// Binds `where` (a literal address, or a name that resolves to one, such as `localhost`) once a worker, as one
/// SO_REUSEPORT group. Binds without SO_REUSEPORT first, so that a port in use is found rather than shared with a
/// stranger, and settles port 0 once for all. `[::]` is IPv6 only. kInvalid or kSystem says what failed and why.
Result<std::vector<ListeningSocket>> BindGroup(const HostPort& where, size_t workers);

/// Accepts connections of one socket on one loop. Survives ECONNABORTED; when descriptors or memory run out it pauses
/// for a moment and resumes by itself, leaving the backlog to wait in the kernel.
class Listener {
 public:
  using OnAccept = std::function<void(std::unique_ptr<buffer::Stream> stream, const SocketAddress& peer)>;
  /// `on_pause` is told when accepting pauses for want of descriptors (for a log).
  Listener(Loop& loop, ListeningSocket socket, OnAccept on_accept, std::function<void(const Error&)> on_pause);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  const SocketAddress& address() const;
  /// Accepts what the backlog still holds, then closes: queued connections are served, not reset.
  void Close();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace starlock::net
