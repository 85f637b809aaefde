#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/host_port.h"
#include "base/result.h"
#include "demo/recording.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/resolver.h"

namespace starlock::demo {

/// Listens on a loopback port that the kernel chooses.
Result<net::ListeningSocket> BindLoopback();

/// An eavesdropper: forwards connections to a target and records both directions. It applies no back-pressure, so it
/// is only for short exchanges.
class Tap {
 public:
  /// `on_finished` is called each time that a connection has ended on both sides.
  static Result<std::unique_ptr<Tap>> Open(net::Loop& loop, net::Resolver& resolver, HostPort target,
                                           std::function<void()> on_finished);
  ~Tap();

  HostPort address() const;
  const Recording& recording() const { return recording_; }
  /// There was at least one connection, and all have ended.
  bool finished() const;

 private:
  class Splice;

  Tap(net::Loop& loop, net::Resolver& resolver, HostPort target, std::function<void()> on_finished);

  net::Loop& loop_;
  net::Resolver& resolver_;
  const HostPort target_;
  const std::function<void()> on_finished_;
  Recording recording_;
  std::vector<std::unique_ptr<Splice>> splices_;
  std::unique_ptr<net::Listener> listener_;
};

}  // namespace starlock::demo
