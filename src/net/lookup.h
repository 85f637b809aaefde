#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/loop.h"
#include "net/socket_address.h"

namespace starlock::net {

/// A resolver's source of answers: the system, or a test double.
class Lookup {
 public:
  /// The addresses of a name, without a port and at least one; or kResolveFailed.
  using OnFound = std::function<void(Result<std::vector<SocketAddress>>)>;

  virtual ~Lookup() = default;
  /// Calls `on_found` once, from the loop, never from inside this call, and not once this is destroyed.
  virtual void Start(const std::string& host, OnFound on_found) = 0;
};

/// getaddrinfo() on libuv's threads, which follows nsswitch.conf: /etc/hosts, DNS and so on.
std::unique_ptr<Lookup> SystemLookup(Loop& loop);

}  // namespace starlock::net
