#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

namespace starlock::proxy {

/// The process-wide limits on connections. Thread-safe. Used when a session starts and ends.
class Admission {
 public:
  /// 0: no limit.
  Admission(uint32_t max_connections, uint32_t max_per_client)
      : max_connections_(max_connections), max_per_client_(max_per_client) {}

  enum class Answer : uint8_t {
    kServe,
    kRefuse,  ///< answer with the protocol's temporary failure, and close
    kDrop,    ///< close without an answer: too many are being refused already
  };

  /// The most sessions that may be in refusal at once. They are short, but a flood must stay bounded. They do not count
  /// towards max_connections.
  static constexpr uint32_t kMaxRefusing = 1000;

  /// Counts a connection from `client`, an address without a port. Each kServe and each kRefuse needs one Leave.
  Answer Enter(const std::string& client);
  /// `answer`: the result of Enter for this connection.
  void Leave(const std::string& client, Answer answer);

 private:
  bool EnterClient(const std::string& client);
  void LeaveClient(const std::string& client);

  const uint32_t max_connections_;
  const uint32_t max_per_client_;
  std::atomic<uint32_t> serving_{0};
  std::atomic<uint32_t> refusing_{0};
  std::mutex mutex_;                                   ///< protects clients_
  std::unordered_map<std::string, uint32_t> clients_;  ///< connections served per client, if they are limited
};

}  // namespace starlock::proxy
