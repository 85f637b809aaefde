#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

namespace starlock::proxy {

/// The process-wide limits on connections. Any thread; touched when a session begins and when it ends.
class Admission {
 public:
  /// 0: no limit.
  Admission(uint32_t max_connections, uint32_t max_per_client)
      : max_connections_(max_connections), max_per_client_(max_per_client) {}

  enum class Answer : uint8_t {
    kServe,
    kRefuse,  ///< say the protocol's temporary failure, and nothing more
    kDrop,    ///< so many are being refused that even that would cost too much
  };

  /// Counts a connection from `client` (an address without a port). Each kServe and kRefuse needs one Leave.
  Answer Enter(const std::string& client);
  void Leave(const std::string& client);

 private:
  bool EnterClient(const std::string& client);

  const uint32_t max_connections_;
  const uint32_t max_per_client_;
  std::atomic<uint32_t> connections_{0};
  std::mutex mutex_;  ///< for clients_, which is used only where there is a limit a client
  std::unordered_map<std::string, uint32_t> clients_;
};

}  // namespace starlock::proxy
