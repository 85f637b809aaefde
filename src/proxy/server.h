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

/// The proxy: several workers, each with a socket of every listener (SO_REUSEPORT).
class Server {
 public:
  struct Address {
    std::string name;     ///< of the listener
    std::string address;  ///< with the actual port where the configuration has port 0
  };

  /// Prepares everything except the sockets. kInvalid: the TLS settings of a listener are invalid. kSystem: too few
  /// descriptors.
  static Result<std::unique_ptr<Server>> Create(config::Config config, Credentials credentials, Logger& log);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Binds every listener. May block, to look up the names of addresses. An error names the listener's location.
  Error Listen();
  const std::vector<Address>& addresses() const { return addresses_; }

  /// Logs a `listening` record for each listener and starts the workers' threads. The last one to end calls `on_done`.
  void Start(std::function<void()> on_done);
  /// Waits until all threads have ended.
  void Join();
  /// Whether the destructor would wait for a name look-up. After Join.
  bool awaits_lookup() const;
  /// Calls Worker::Drain or Worker::Stop of every worker. From any thread.
  void Drain();
  void Stop();

 private:
  Server(config::Config config, Credentials credentials, Logger& log);
  Error MakeWorkers(size_t count);

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
