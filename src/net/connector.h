#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "base/host_port.h"
#include "base/result.h"
#include "buffer/stream.h"
#include "net/loop.h"
#include "net/resolver.h"
#include "net/socket_address.h"

namespace starlock::net {

/// Connects to one of several targets. Targets are tried in order. The addresses of one target are interleaved by
/// family and raced (Happy Eyeballs, RFC 8305, 5): the next attempt starts 250 ms after the last one, or immediately
/// when that fails. The next target is tried once all addresses have failed. Destroying it, also from inside `on_done`,
/// cancels without a call.
class Connector {
 public:
  struct Connected {
    std::unique_ptr<buffer::Stream> stream;
    SocketAddress address;
    size_t target = 0;  ///< which of the targets it belongs to
  };
  using OnDone = std::function<void(Result<Connected>)>;

  /// Calls `on_done` exactly once, from the loop. kResolveFailed: no target had an address. kConnectFailed: no address
  /// accepted within `timeout`, which includes look-ups (0: only the kernel's limit); the detail is that of the last
  /// address. kSystem: no descriptor or memory was left on this machine. `from`: see Attempt.
  Connector(Loop& loop, Resolver& resolver, std::vector<HostPort> targets, std::chrono::milliseconds timeout,
            OnDone on_done, const SocketAddress& from = {});
  ~Connector();
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

 private:
  class Impl;
  Loop& loop_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace starlock::net
