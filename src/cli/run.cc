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

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrong = 2;

// What the signals do, on the main thread's loop, while the workers have theirs. They are watched before the first
// "listening" line: whoever has read that may send one.
int Serve(proxy::Server& server, Logger& log) {
  net::Loop loop;
  bool draining = false;
  bool stopped = false;
  const auto terminate = [&] {
    if (std::exchange(draining, true)) {
      stopped = true;
      log.Event(LogLevel::kWarning, "ending at once");
      return server.Stop();
    }
    log.Event(LogLevel::kInfo, "draining");
    server.Drain();
  };
  const net::SignalWatcher on_term(loop, SIGTERM, terminate);
  const net::SignalWatcher on_int(loop, SIGINT, terminate);
  const net::SignalWatcher on_hup(
      loop, SIGHUP, [&] { log.Event(LogLevel::kWarning, "SIGHUP is ignored: reloading is not supported yet"); });
  if (const Error error = server.Listen()) {
    std::cerr << error.detail << "\n";
    return kFailed;
  }
  server.Start([&loop] { loop.Post([&loop] { loop.Stop(); }); });
  loop.Run();
  server.Join();
  return stopped ? kFailed : kDone;
}

}  // namespace

int RunProxy(const config::Config& config) {
  Logger log(config.log.level, config.log.format);
  auto loaded = proxy::LoadCredentials(config);
  for (const config::Diagnostic& error : loaded.errors) std::cerr << error.ToString() << "\n";
  if (!loaded.errors.empty()) return kWrong;
  for (const config::Diagnostic& warning : FindExpiring(config, loaded.credentials, std::chrono::system_clock::now())) {
    log.Event(LogLevel::kWarning, warning.message, {{"at", warning.at.ToString()}});
  }
  auto server = proxy::Server::Create(config, std::move(loaded.credentials), log);
  if (!server) {
    std::cerr << server.error().detail << "\n";
    return kWrong;
  }
  return Serve(*server.value(), log);
}

}  // namespace starlock::cli
