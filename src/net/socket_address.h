#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "base/result.h"

namespace starlock::net {

/// An IPv4 or IPv6 address and port, in the kernel's form.
class SocketAddress {
 public:
  SocketAddress() = default;
  SocketAddress(const sockaddr* address, socklen_t size);

  /// From an address literal; an IPv6 one may have a scope (`fe80::1%eth0`). kInvalid: not a literal, or an unknown
  /// scope.
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
  sockaddr_in6 storage_{};  ///< rather than sockaddr_storage: sessions keep several addresses
  socklen_t size_ = 0;
};

}  // namespace starlock::net
