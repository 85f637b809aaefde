#include "net/socket_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>

#include "base/host_port.h"

namespace starlock::net {
namespace {

// Uses memcpy because the structs of the families must not alias each other.
template <typename T>
T As(const sockaddr_in6& storage) {
  static_assert(sizeof(T) <= sizeof(storage));
  T address{};
  std::memcpy(&address, &storage, sizeof(address));
  return address;
}

template <typename T>
SocketAddress From(const T& address) {
  return {reinterpret_cast<const sockaddr*>(&address), sizeof(address)};
}

// The index of an interface, given by name or number; 0: no interface has that name.
uint32_t ScopeOf(const std::string& scope) {
  uint32_t number = 0;
  const char* end = scope.data() + scope.size();
  if (std::from_chars(scope.data(), end, number).ptr == end) return number;
  return if_nametoindex(scope.c_str());
}

std::string Ipv4String(const void* address) {
  std::array<char, INET_ADDRSTRLEN> text{};
  return inet_ntop(AF_INET, address, text.data(), text.size());
}

std::string Ipv6String(const sockaddr_in6& address) {
  if (IN6_IS_ADDR_V4MAPPED(&address.sin6_addr)) return Ipv4String(&address.sin6_addr.s6_addr[12]);
  std::array<char, INET6_ADDRSTRLEN> text{};
  const std::string result = inet_ntop(AF_INET6, &address.sin6_addr, text.data(), text.size());
  return address.sin6_scope_id != 0 ? fmt::format("{}%{}", result, address.sin6_scope_id) : result;
}

}  // namespace

SocketAddress::SocketAddress(const sockaddr* address, socklen_t size)
    : size_(std::min<socklen_t>(size, sizeof(storage_))) {
  std::memcpy(&storage_, address, size_);
}

Result<SocketAddress> SocketAddress::FromLiteral(const std::string& host, uint16_t port) {
  const Error not_literal{ErrorCode::kInvalid, fmt::format("'{}' is not an IPv4 or IPv6 address", host)};
  if (!IsAddressLiteral(host)) return not_literal;
  sockaddr_in v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    return From(v4);
  }
  const size_t percent = host.find('%');
  sockaddr_in6 v6{};
  if (inet_pton(AF_INET6, host.substr(0, percent).c_str(), &v6.sin6_addr) != 1) return not_literal;
  if (percent != std::string::npos) {
    v6.sin6_scope_id = ScopeOf(host.substr(percent + 1));
    if (v6.sin6_scope_id == 0) return Error{ErrorCode::kInvalid, fmt::format("'{}': no such interface", host)};
  }
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  return From(v6);
}

uint16_t SocketAddress::port() const {
  if (family() == AF_INET) return ntohs(As<sockaddr_in>(storage_).sin_port);
  if (family() == AF_INET6) return ntohs(As<sockaddr_in6>(storage_).sin6_port);
  return 0;
}

void SocketAddress::set_port(uint16_t port) {
  // The port is at the same offset in both families.
  static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
  const in_port_t value = htons(port);
  std::memcpy(reinterpret_cast<char*>(&storage_) + offsetof(sockaddr_in, sin_port), &value, sizeof(value));
}

std::string SocketAddress::HostString() const {
  if (family() == AF_INET) {
    const auto address = As<sockaddr_in>(storage_);
    return Ipv4String(&address.sin_addr);
  }
  if (family() == AF_INET6) return Ipv6String(As<sockaddr_in6>(storage_));
  return "-";
}

std::string SocketAddress::ToString() const { return HostPort{HostString(), port()}.ToString(); }

bool SocketAddress::operator==(const SocketAddress& other) const {
  if (family() != other.family() || port() != other.port()) return false;
  if (family() == AF_INET) {
    return As<sockaddr_in>(storage_).sin_addr.s_addr == As<sockaddr_in>(other.storage_).sin_addr.s_addr;
  }
  if (family() != AF_INET6) return true;
  const auto mine = As<sockaddr_in6>(storage_);
  const auto its = As<sockaddr_in6>(other.storage_);
  return std::memcmp(&mine.sin6_addr, &its.sin6_addr, sizeof(mine.sin6_addr)) == 0 &&
         mine.sin6_scope_id == its.sin6_scope_id;
}

}  // namespace starlock::net
