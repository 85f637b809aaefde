#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/host_port.h"
#include "base/result.h"
#include "net/lookup.h"
#include "net/loop.h"
#include "net/socket_address.h"

namespace starlock::net {

/// Resolves names outside the loop's thread, with a cache. There is one look-up per name at a time. An answer is cached
/// for a while; if a later look-up fails, the last good answer is used until it is an hour old. Literals need no
/// look-up.
class Resolver {
 public:
  using OnDone = std::function<void(Result<std::vector<SocketAddress>>)>;

  /// Called when a look-up has failed and the last good answer, of that age, replaces it. Once until a look-up
  /// succeeds.
  using OnStale = std::function<void(const std::string& host, const Error& failure, std::chrono::seconds age)>;

  /// The limits of the cache.
  struct Memory {
    std::chrono::milliseconds answer{30'000};    ///< how long an answer is used without a new look-up
    std::chrono::milliseconds failure{2'000};    ///< the same for a failure, or the last good answer in its place
    std::chrono::milliseconds stale{3'600'000};  ///< how old the last good answer may be
    size_t names = 1024;                         ///< the least recently used one is evicted beyond it
  };

  explicit Resolver(Loop& loop);
  /// For tests: answers from `lookup`, cached within the limits of `memory`.
  Resolver(Loop& loop, std::unique_ptr<Lookup> lookup, const Memory& memory);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// Calls `on_done` once, from the loop, never from inside this call. The result is at least one address with the port
  /// of `target`, in the system's order of preference; or kResolveFailed (kInvalid: a literal with an unknown scope).
  /// `on_done` may destroy this object. Returns an id for Cancel.
  uint64_t Resolve(const HostPort& target, OnDone on_done);
  void SetOnStale(OnStale on_stale);
  /// Cancels the call of `on_done`. Has no effect if it was called already.
  void Cancel(uint64_t id);

 private:
  class Impl;
  Loop& loop_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace starlock::net
