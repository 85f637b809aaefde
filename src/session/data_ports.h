#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/result.h"
#include "net/listener.h"

namespace starlock::session {

/// Hands out the ports on which one listener accepts data connections. Shared by all workers; thread-safe.
///
/// A cursor goes round the range, so that a port that was just freed is not used again at once: a late connection must
/// not meet another client's transfer. One client holds at most half of the ports, rounded up.
class DataPorts : public std::enable_shared_from_this<DataPorts> {
 public:
  /// A client's place among the holders of ports.
  class Lease {
   public:
    Lease() = default;
    Lease(std::shared_ptr<DataPorts> ports, std::string client);
    Lease(Lease&& other) noexcept = default;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease();

   private:
    std::shared_ptr<DataPorts> ports_;
    std::string client_;
  };
  struct Bound {
    net::ListeningSocket socket;
    Lease lease;  ///< to be kept as long as the socket
  };

  /// Ports `first` to `last`. The cursor begins at a random one: after a restart, clients of the old process may still
  /// connect to ports that it had announced.
  DataPorts(uint16_t first, uint16_t last);

  /// A socket of `client` (an address) that listens at the address `host`. `ports` nullptr: on any free port.
  /// kInvalid, kSystem: no port of the range is free. kSystem as well: the client holds its share.
  static Result<Bound> Bind(const std::shared_ptr<DataPorts>& ports, const std::string& host,
                            const std::string& client);

 private:
  bool Enter(const std::string& client);
  void Leave(const std::string& client);
  uint16_t Next();

  const uint16_t first_;
  const uint32_t count_;
  std::mutex mutex_;  ///< protects what follows
  uint32_t cursor_;
  std::unordered_map<std::string, uint32_t> held_;  ///< ports per client
};

}  // namespace starlock::session
