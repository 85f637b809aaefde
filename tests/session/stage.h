#pragma once

#include <functional>
#include <future>
#include <memory>
#include <thread>
#include <unordered_map>

#include "net/listener.h"
#include "net/loop.h"
#include "net/resolver.h"
#include "proxy/routes.h"
#include "session/session.h"
#include "support/proxy_harness.h"

namespace starlock::session {

using namespace test;  // NOLINT(google-build-using-namespace,google-global-names-in-headers)

/// Sessions on a loop with its own thread, which a test can inspect.
class Stage {
 public:
  explicit Stage(const Setting& setting);
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  Peer Dial(int receive_buffer = 0) const { return ConnectTo(address_, receive_buffer); }
  Peer Accept() const { return upstream_.Accept(); }
  /// Runs `question` on the loop's thread and returns its answer.
  size_t Ask(std::function<size_t()> question);
  size_t SlabsInUse();
  size_t Sessions();
  /// Waits until `slabs` slabs are in use.
  testing::AssertionResult ComesTo(size_t slabs);
  RecordedLog& log() { return log_; }

 private:
  void OnAccept(std::unique_ptr<buffer::Stream> stream, const net::SocketAddress& peer);

  Upstream upstream_;
  RecordedLog log_;
  config::Config config_;
  std::vector<std::unique_ptr<Route>> routes_;
  net::Loop loop_;
  net::Resolver resolver_;
  std::unique_ptr<net::Listener> listener_;
  std::unordered_map<Session*, std::unique_ptr<Session>> sessions_;
  HostPort address_;
  std::thread thread_;
};

}  // namespace starlock::session
