#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "config/config.h"
#include "log/log.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/resolver.h"
#include "proxy/admission.h"
#include "session/route.h"
#include "session/session.h"

namespace starlock::proxy {

using session::Route;
using session::Session;
using session::SessionContext;

/// One loop on one thread, with listeners and sessions of its own. It shares with other workers what is immutable,
/// the ticket keys, the log and the process-wide limits, and nothing else.
class Worker {
 public:
  Worker(const config::Limits& limits, std::vector<std::unique_ptr<Route>> routes, Logger& log, Admission& admission);
  ~Worker();

  /// Accepts for the route of that index. Before Run.
  void Listen(size_t route, net::ListeningSocket socket);
  /// Serves until it is drained or stopped; on a thread of its own.
  void Run();
  /// Accepts no more, lets sessions end as Session::Drain says, and returns from Run after `drain_timeout` at most.
  /// From any thread.
  void Drain();
  /// Ends all sessions now and returns from Run. From any thread.
  void Stop();

 private:
  void OnAccept(const Route& route, std::unique_ptr<buffer::Stream> stream, const net::SocketAddress& peer);
  void OnDone(Session& session, Admission::Answer admitted);
  void BeginDrain();
  void StopAll();
  void LeaveIfIdle();
  std::vector<Session*> Snapshot() const;

  const config::Limits& limits_;
  Logger& log_;
  Admission& admission_;
  const std::vector<std::unique_ptr<Route>> routes_;  ///< outlives the loop, which destroys what still uses them
  net::Loop loop_;
  net::Resolver resolver_;
  std::vector<std::unique_ptr<net::Listener>> listeners_;
  std::unordered_map<Session*, std::unique_ptr<Session>> sessions_;
  net::Timer drain_deadline_;
  bool draining_ = false;
};

}  // namespace starlock::proxy
