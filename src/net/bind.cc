#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <utility>

#include "net/descriptor.h"
#include "net/listener.h"

namespace starlock::net {
namespace {

Error BindError(const HostPort& where, const char* what, int number) {
  return SystemError(ErrorCode::kSystem, fmt::format("cannot listen on {}: {}", where.ToString(), what), number);
}

// May block in the look-up: this runs only at start. Of several addresses the first IPv4 one is taken, because for
// `localhost` every client can reach it.
Result<SocketAddress> AddressOf(const HostPort& where) {
  if (IsAddressLiteral(where.host)) return SocketAddress::FromLiteral(where.host, where.port);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int status = getaddrinfo(where.host.c_str(), nullptr, &hints, &found);
  if (status != 0) {
    return Error{ErrorCode::kInvalid, fmt::format("cannot listen on {}: {}", where.ToString(), gai_strerror(status))};
  }
  SocketAddress address;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    if (address.size() == 0 || each->ai_family == AF_INET) address = SocketAddress(each->ai_addr, each->ai_addrlen);
    if (address.family() == AF_INET) break;
  }
  freeaddrinfo(found);
  address.set_port(where.port);
  return address;
}

bool Set(int fd, int level, int option) {
  const int on = 1;
  return setsockopt(fd, level, option, &on, sizeof(on)) == 0;
}

// Opens one listening socket.
Result<Descriptor> Open(const HostPort& where, const SocketAddress& address, bool join_group) {
  Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return BindError(where, "socket", errno);
  const int fd = socket.get();
  if (!Set(fd, SOL_SOCKET, SO_REUSEADDR) || (join_group && !Set(fd, SOL_SOCKET, SO_REUSEPORT)) ||
      (address.family() == AF_INET6 && !Set(fd, IPPROTO_IPV6, IPV6_V6ONLY))) {
    return BindError(where, "setsockopt", errno);
  }
  if (bind(fd, address.get(), address.size()) != 0) return BindError(where, "bind", errno);
  if (listen(fd, SOMAXCONN) != 0) return BindError(where, "listen", errno);
  return socket;
}

Result<SocketAddress> LocalAddress(const HostPort& where, int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  auto* local = reinterpret_cast<sockaddr*>(&storage);
  if (getsockname(fd, local, &size) != 0) return BindError(where, "getsockname", errno);
  return SocketAddress(local, size);
}

}  // namespace

ListeningSocket::ListeningSocket(ListeningSocket&& other) noexcept = default;
ListeningSocket& ListeningSocket::operator=(ListeningSocket&& other) noexcept = default;
ListeningSocket::~ListeningSocket() = default;

// The first socket listens before it sets SO_REUSEPORT. The kernel allows only one such socket per address: of two
// processes that race only one succeeds, and a foreign SO_REUSEPORT group is detected although it would admit us. Once
// it listens, the socket sets SO_REUSEPORT, and the other workers' sockets join it.
Result<std::vector<ListeningSocket>> BindGroup(const HostPort& where, size_t workers) {
  auto wanted = AddressOf(where);
  if (!wanted) return wanted.error();
  auto first = Open(where, *wanted, false);
  if (!first) return first.error();
  if (workers > 1 && !Set(first->get(), SOL_SOCKET, SO_REUSEPORT)) return BindError(where, "setsockopt", errno);
  auto address = LocalAddress(where, first->get());  // with the port that replaced port 0
  if (!address) return address.error();

  std::vector<ListeningSocket> group;
  group.push_back(ListeningSocket(std::move(*first), *address));
  while (group.size() < workers) {
    auto next = Open(where, *address, true);
    if (!next) return next.error();
    group.push_back(ListeningSocket(std::move(*next), *address));
  }
  return group;
}

}  // namespace starlock::net
