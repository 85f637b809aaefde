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

/// One loop on one thread, with its own listeners and sessions. Workers share only immutable data, the ticket keys, the
/// log and the process-wide limits.
class Worker {
 public:
  /// kSystem: no loop can be created, for want of descriptors.
  static Result<std::unique_ptr<Worker>> Create(const config::Limits& limits,
                                                std::vector<std::unique_ptr<Route>> routes, Logger& log,
                                                Admission& admission);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Accepts connections for the route with that index. Before Run. kSystem: the loop cannot watch `socket`.
  Error Listen(size_t route, net::ListeningSocket socket);
  /// Serves until drained or stopped. Call it on a thread of its own.
  void Run();
  /// Stops accepting, drains the sessions (Session::Drain) and ends Run, after `drain_timeout` at the latest. From any
  /// thread.
  void Drain();
  /// Ends all sessions immediately, then ends Run. From any thread.
  void Stop();
  /// Whether the destructor would wait for a name look-up. After Run.
  bool awaits_lookup() const { return loop_->awaits_lookup(); }

 private:
  Worker(std::unique_ptr<net::Loop> loop, const config::Limits& limits, std::vector<std::unique_ptr<Route>> routes,
         Logger& log, Admission& admission);
  void OnAccept(const Route& route, std::unique_ptr<buffer::Stream> stream, const net::SocketAddress& peer);
  void OnDone(Session& session, Admission::Answer admitted);
  void BeginDrain();
  void StopAll();
  void LeaveIfIdle();
  std::vector<Session*> Snapshot() const;

  const config::Limits& limits_;
  Logger& log_;
  Admission& admission_;
  const std::vector<std::unique_ptr<Route>> routes_;  ///< before loop_, which destroys objects that use them
  const std::unique_ptr<net::Loop> loop_;
  net::Resolver resolver_;
  std::vector<std::unique_ptr<net::Listener>> listeners_;
  std::unordered_map<Session*, std::unique_ptr<Session>> sessions_;
  net::Timer drain_deadline_;
  bool draining_ = false;
  size_t closing_ = 0;  ///< draining: listeners that still accept their backlog
};

}  // namespace starlock::proxy
