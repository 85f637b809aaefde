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

/// One attempt to reach an upstream: every address of every name, in the configuration's order, the addresses of one
/// name interleaved by family and raced as Happy Eyeballs (RFC 8305: the next one starts 250 ms after the last, or at
/// once when it fails). Destroying it cancels silently.
class Connector {
 public:
  struct Connected {
    std::unique_ptr<buffer::Stream> stream;
    SocketAddress address;
    size_t target = 0;  ///< which of the targets it belongs to
  };
  using OnDone = std::function<void(Result<Connected>)>;

  /// Calls `on_done` exactly once, from the loop. kResolveFailed: no name had an address. kConnectFailed: none
  /// answered within `timeout` (0: none but the kernel's), with the last address's reason as the detail.
  Connector(Loop& loop, Resolver& resolver, std::vector<HostPort> targets, std::chrono::milliseconds timeout,
            OnDone on_done);
  ~Connector();
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace starlock::net
