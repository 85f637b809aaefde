#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "base/host_port.h"
#include "base/result.h"
#include "net/connector.h"
#include "net/loop.h"
#include "net/resolver.h"
#include "protocol/core/act.h"

namespace starlock::session {

/// Connects one session to its upstream. Tries the addresses in order, and can continue after the last one dialled.
class Dialler {
 public:
  using OnDone = std::function<void(Result<std::unique_ptr<buffer::Stream>>)>;

  /// `targets` must outlive the dialler. `timeout`: see net::Connector.
  Dialler(net::Loop& loop, net::Resolver& resolver, const std::vector<HostPort>& targets,
          std::chrono::milliseconds timeout, OnDone on_done);

  /// Whether there is an address after the one that was dialled last.
  bool has_next() const { return target_ + 1 < targets_.size(); }
  /// Dials the addresses in order until one answers: those after the last one dialled (`next`), or all. Cancels a
  /// pending dial. Calls `on_done` once, from the loop; its errors are net::Connector's.
  void Dial(bool next);
  void Cancel() { connector_.reset(); }
  bool dialling() const { return connector_ != nullptr; }

  /// The index of the address that was dialled last; after a failure, that of the last address.
  size_t target() const { return target_; }
  /// The remote address of the last connection.
  const net::SocketAddress& address() const { return address_; }

  /// The failure of a session that could not be connected.
  static protocol::Failure Explain(const Error& error);

 private:
  void OnConnected(Result<net::Connector::Connected> connected);

  net::Loop& loop_;
  net::Resolver& resolver_;
  const std::vector<HostPort>& targets_;
  const std::chrono::milliseconds timeout_;
  const OnDone on_done_;
  std::unique_ptr<net::Connector> connector_;
  size_t target_ = 0;
  net::SocketAddress address_;
};

}  // namespace starlock::session
