#include "cli/run.h"

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <system_error>
#include <utility>

#include "cli/expiry.h"
#include "cli/exposed_keys.h"
#include "cli/process.h"
#include "log/log.h"
#include "net/loop.h"
#include "proxy/credentials.h"
#include "proxy/server.h"

namespace starlock::cli {
namespace {

constexpr int kSuccess = 0;
constexpr int kFailed = 1;
constexpr int kInvalid = 2;

// How long the end of the process may wait for the log's reader.
constexpr std::chrono::milliseconds kLogDelay{1000};
// The same after the second signal, and for workers that do not stop.
constexpr std::chrono::milliseconds kShortLogDelay{200};
constexpr std::chrono::milliseconds kStopDelay{1000};

Result<std::unique_ptr<Logger>> OpenLog(const config::LogSettings& log) {
  const LogOptions options{.level = log.level, .format = log.format, .sessions = log.sessions};
  if (log.file) return Logger::ToFile(options, log.file->path);
  return std::make_unique<Logger>(options);
}

// An error of the start goes to stderr, after what was logged before it, and to the log file if there is one.
void Report(const config::Config& config, Logger& log, const std::string& error) {
  if (config.log.file) log.Event(LogLevel::kError, error);
  log.Flush(kLogDelay);
  std::cerr << error << "\n";
}

void Warn(Logger& log, std::span<const config::Diagnostic> warnings) {
  for (const config::Diagnostic& warning : warnings) {
    log.Event(LogLevel::kWarning, warning.message, {{"at", warning.at.ToString()}});
  }
}

// Handles signals on the main thread's loop until the workers, which have loops of their own, have ended. Returns
// whether a second signal ended them. Signals are watched before the first "listening" line, because its reader may
// send one.
bool Serve(net::Loop& loop, proxy::Server& server, Logger& log) {
  bool draining = false;
  bool stopped = false;
  net::Timer stop_deadline(loop, [&log] {
    log.Event(LogLevel::kError, "a worker does not stop; ending the process");
    log.Close(kShortLogDelay);
    std::_Exit(kFailed);
  });
  const auto terminate = [&] {
    if (std::exchange(draining, true)) {
      if (std::exchange(stopped, true)) return;
      log.Event(LogLevel::kWarning, "stopping immediately");
      stop_deadline.Start(kStopDelay);
      return server.Stop();
    }
    log.Event(LogLevel::kInfo, "draining");
    server.Drain();
  };
  const net::SignalWatcher on_term(loop, SIGTERM, terminate);
  const net::SignalWatcher on_int(loop, SIGINT, terminate);
  const net::SignalWatcher on_hup(
      loop, SIGHUP, [&] { log.Event(LogLevel::kWarning, "SIGHUP ignored: reloading is not supported yet"); });
  const net::SignalWatcher on_usr1(loop, SIGUSR1, [&] { log.Reopen(); });
  const net::SignalWatcher on_usr2(
      loop, SIGUSR2, [&] { log.Event(LogLevel::kWarning, "SIGUSR2 ignored: binary upgrade is not supported yet"); });
  server.Start([&loop] { loop.Post([&loop] { loop.Stop(); }); });
  loop.Run();
  server.Join();
  return stopped;
}

int Run(const config::Config& config, std::span<const config::Diagnostic> warnings) {
  auto opened = OpenLog(config.log);
  if (!opened) {
    std::cerr << config::Diagnostic{config.log.file->at, opened.error().detail}.ToString() << "\n";
    return kInvalid;
  }
  Logger& log = *opened.value();
  Warn(log, warnings);
  auto loaded = proxy::LoadCredentials(config);
  for (const config::Diagnostic& error : loaded.errors) Report(config, log, error.ToString());
  if (!loaded.errors.empty()) return kInvalid;
  Warn(log, FindExpiring(config, loaded.credentials, std::chrono::system_clock::now()));
  Warn(log, FindExposedKeys(config));
  auto loop = net::Loop::Create();
  if (!loop) {
    Report(config, log, loop.error().detail);
    return kFailed;
  }
  auto server = proxy::Server::Create(config, std::move(loaded.credentials), log);
  if (!server) {
    Report(config, log, server.error().detail);
    return server.error().code == ErrorCode::kSystem ? kFailed : kInvalid;
  }
  if (const Error error = server.value()->Listen()) {
    Report(config, log, error.detail);
    return kFailed;
  }
  const bool stopped = Serve(**loop, *server.value(), log);
  const int status = stopped ? kFailed : kSuccess;
  LetSignalsEndProcess();
  log.Close(stopped ? kShortLogDelay : kLogDelay);
  // Neither a worker's destructor nor exit() returns before every look-up does: libuv joins its threads.
  if (server.value()->awaits_lookup()) std::_Exit(status);
  return status;
}

}  // namespace

int RunProxy(const config::Config& config, std::span<const config::Diagnostic> warnings) {
  PrepareToRun();
  try {
    return Run(config, warnings);
  } catch (const std::system_error& error) {  // of std::thread, at the start
    std::cerr << "cannot create a thread: " << error.code().message() << "\n";
    return kFailed;
  }
}

}  // namespace starlock::cli
