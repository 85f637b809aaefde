#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/host_port.h"
#include "base/result.h"
#include "net/loop.h"
#include "net/socket_address.h"

namespace starlock::net {

/// Names to addresses, off the loop and cached: one look-up a name at a time however many ask, its answer kept for
/// `kKeep`, and the last good answer used while a later look-up fails. Literals never leave the loop.
class Resolver {
 public:
  using OnDone = std::function<void(Result<std::vector<SocketAddress>>)>;

  explicit Resolver(Loop& loop);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// Calls `on_done` once, from the loop, never from inside this call. Cancel with the id that is returned.
  uint64_t Resolve(const HostPort& target, OnDone on_done);
  void Cancel(uint64_t id);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace starlock::net
