#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "base/result.h"

namespace starlock::net {

/// An IPv4 or IPv6 address and port, as the kernel has it.
class SocketAddress {
 public:
  SocketAddress() = default;
  SocketAddress(const sockaddr* address, socklen_t size);

  /// From a literal address; behind an IPv6 one a scope may stand (`fe80::1%eth0`). kInvalid for anything else.
  static Result<SocketAddress> FromLiteral(const std::string& host, uint16_t port);

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return size_; }
  int family() const { return storage_.sin6_family; }
  uint16_t port() const;
  void set_port(uint16_t port);
  /// `192.0.2.1:25`, `[2001:db8::1]:25`.
  std::string ToString() const;
  /// The address alone, without brackets or port. An IPv4-mapped IPv6 address is shown as IPv4.
  std::string HostString() const;
  /// Same family, address, scope and port.
  bool operator==(const SocketAddress& other) const;

 private:
  sockaddr_in6 storage_{};  ///< the larger of the two: sessions keep several of these
  socklen_t size_ = 0;
};

}  // namespace starlock::net
