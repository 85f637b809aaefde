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

/// Names to addresses, off the loop and cached: one look-up a name at a time however many ask, its answer kept for a
/// while, and the last good answer used while a later look-up fails. Literals never leave the loop.
class Resolver {
 public:
  using OnDone = std::function<void(Result<std::vector<SocketAddress>>)>;

  /// How long and how much is remembered.
  struct Memory {
    std::chrono::milliseconds answer{30'000};  ///< an answer serves without being asked for again
    std::chrono::milliseconds failure{2'000};  ///< so does a failure (or the last good answer in its place)
    size_t names = 1024;                       ///< beyond it the one that was longest unused is forgotten
  };

  explicit Resolver(Loop& loop);
  /// For tests: answers from `lookup`, remembered for as long as `memory` says.
  Resolver(Loop& loop, std::unique_ptr<Lookup> lookup, const Memory& memory);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// Calls `on_done` once, from the loop, never from inside this call: at least one address, each with the port of
  /// `target`, in the order of preference of the system; or kResolveFailed (kInvalid: a literal with an unknown scope).
  /// `on_done` may destroy this. Returns an id for Cancel.
  uint64_t Resolve(const HostPort& target, OnDone on_done);
  /// `on_done` of that call is not called any more. An id that was answered already is no error.
  void Cancel(uint64_t id);

 private:
  class Impl;
  Loop& loop_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace starlock::net
