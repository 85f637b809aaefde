#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "log/log.h"
#include "proxy/admission.h"
#include "proxy/credentials.h"
#include "proxy/worker.h"

namespace starlock::proxy {

/// The whole proxy: one worker a core, each listening in the same SO_REUSEPORT groups.
class Server {
 public:
  struct Address {
    std::string name;     ///< the listener's
    std::string address;  ///< with the port that was got where 0 was asked for
  };

  /// Makes everything ready but the sockets. kInvalid: something that `config` names is wrong.
  static Result<std::unique_ptr<Server>> Create(config::Config config, Credentials credentials, Logger& log);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Binds every listener, and says so in the log once all are bound.
  Error Listen();
  const std::vector<Address>& addresses() const { return addresses_; }

  /// Starts the workers' threads. `on_done` is called from one of them when the last has ended.
  void Start(std::function<void()> on_done);
  /// Waits until all have ended.
  void Join();
  /// Worker::Drain and Worker::Stop of them all. From any thread.
  void Drain();
  void Stop();

 private:
  Server(config::Config config, Credentials credentials, Logger& log);
  size_t WorkerCount() const;
  Error MakeWorkers();

  const config::Config config_;
  const Credentials credentials_;
  Logger& log_;
  Admission admission_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
  std::vector<Address> addresses_;
  std::function<void()> on_done_;
  std::atomic<size_t> running_{0};
};

}  // namespace starlock::proxy
