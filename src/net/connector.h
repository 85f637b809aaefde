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
/// name interleaved by family and raced as Happy Eyeballs (RFC 8305, 5: the next one starts 250 ms after the last, or
/// at once when it fails). The next name is tried when the former's addresses have all failed. Destroying it, also from
/// inside `on_done`, cancels silently.
class Connector {
 public:
  struct Connected {
    std::unique_ptr<buffer::Stream> stream;
    SocketAddress address;
    size_t target = 0;  ///< which of the targets it belongs to
  };
  using OnDone = std::function<void(Result<Connected>)>;

  /// Calls `on_done` exactly once, from the loop. kResolveFailed: no name had an address. kConnectFailed: none
  /// answered within `timeout`, which looking up names is part of (0: no limit but the kernel's); the detail is the
  /// last address's reason. kSystem: no descriptor or memory was left, which is nobody's fault but ours.
  /// `from`: see Attempt.
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
