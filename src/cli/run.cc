#include "cli/run.h"

#include <csignal>
#include <iostream>
#include <utility>

#include "cli/expiry.h"
#include "log/log.h"
#include "net/loop.h"
#include "proxy/credentials.h"
#include "proxy/server.h"

namespace starlock::cli {
namespace {

constexpr int kSuccess = 0;
constexpr int kFailed = 1;
constexpr int kInvalid = 2;

// Handles signals on the main thread's loop; the workers have loops of their own. Signals are watched before the first
// "listening" line, because its reader may send one.
int Serve(proxy::Server& server, Logger& log) {
  net::Loop loop;
  bool draining = false;
  bool stopped = false;
  const auto terminate = [&] {
    if (std::exchange(draining, true)) {
      stopped = true;
      log.Event(LogLevel::kWarning, "stopping immediately");
      return server.Stop();
    }
    log.Event(LogLevel::kInfo, "draining");
    server.Drain();
  };
  const net::SignalWatcher on_term(loop, SIGTERM, terminate);
  const net::SignalWatcher on_int(loop, SIGINT, terminate);
  const net::SignalWatcher on_hup(
      loop, SIGHUP, [&] { log.Event(LogLevel::kWarning, "SIGHUP ignored: reloading is not supported yet"); });
  if (const Error error = server.Listen()) {
    std::cerr << error.detail << "\n";
    return kFailed;
  }
  server.Start([&loop] { loop.Post([&loop] { loop.Stop(); }); });
  loop.Run();
  server.Join();
  return stopped ? kFailed : kSuccess;
}

}  // namespace

int RunProxy(const config::Config& config) {
  Logger log(config.log.level, config.log.format);
  auto loaded = proxy::LoadCredentials(config);
  for (const config::Diagnostic& error : loaded.errors) std::cerr << error.ToString() << "\n";
  if (!loaded.errors.empty()) return kInvalid;
  for (const config::Diagnostic& warning : FindExpiring(config, loaded.credentials, std::chrono::system_clock::now())) {
    log.Event(LogLevel::kWarning, warning.message, {{"at", warning.at.ToString()}});
  }
  auto server = proxy::Server::Create(config, std::move(loaded.credentials), log);
  if (!server) {
    std::cerr << server.error().detail << "\n";
    return kInvalid;
  }
  return Serve(*server.value(), log);
}

}  // namespace starlock::cli
