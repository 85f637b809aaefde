#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/host_port.h"
#include "base/result.h"
#include "cli/demo_recording.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/resolver.h"

namespace starlock::cli {

/// A loopback port from the kernel.
Result<net::ListeningSocket> BindLoopback();

/// An eavesdropper: a port whose connections go on to another one, and who keeps what passes. For small talk: it does
/// not slow either side down.
class Tap {
 public:
  /// `on_finished` is told each time that a connection has come to its end on both sides.
  static Result<std::unique_ptr<Tap>> Open(net::Loop& loop, net::Resolver& resolver, HostPort target,
                                           std::function<void()> on_finished);
  ~Tap();

  HostPort address() const;
  const Recording& recording() const { return recording_; }
  /// There was a connection, and it is over.
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

}  // namespace starlock::cli
