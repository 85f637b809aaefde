#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/loop.h"
#include "net/socket_address.h"

namespace starlock::net {

/// Where a resolver has its answers from: the system, or what a test puts in its place.
class Lookup {
 public:
  /// The addresses of a name, without a port and at least one; or kResolveFailed.
  using OnFound = std::function<void(Result<std::vector<SocketAddress>>)>;

  virtual ~Lookup() = default;
  /// Calls `on_found` once, from the loop, never from inside this call; not after this is destroyed.
  virtual void Start(const std::string& host, OnFound on_found) = 0;
};

/// getaddrinfo() on libuv's threads: /etc/hosts, DNS, whatever nsswitch.conf says.
std::unique_ptr<Lookup> SystemLookup(Loop& loop);

}  // namespace starlock::net
