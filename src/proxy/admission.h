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

  /// Refused sessions are short, but a flood of them must stay bounded too. They take nobody's place.
  static constexpr uint32_t kMaxRefusing = 1000;

  /// Counts a connection from `client` (an address without a port). Each kServe and kRefuse needs one Leave.
  Answer Enter(const std::string& client);
  /// `answer`: what Enter said of this connection.
  void Leave(const std::string& client, Answer answer);

 private:
  bool EnterClient(const std::string& client);
  void LeaveClient(const std::string& client);

  const uint32_t max_connections_;
  const uint32_t max_per_client_;
  std::atomic<uint32_t> serving_{0};
  std::atomic<uint32_t> refusing_{0};
  std::mutex mutex_;                                   ///< for clients_
  std::unordered_map<std::string, uint32_t> clients_;  ///< those served, where there is a limit a client
};

}  // namespace starlock::proxy
