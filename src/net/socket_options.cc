#include "net/socket_options.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace starlock::net {
namespace {

void Set(int fd, int level, int option) {
  const int on = 1;
  // The connection works without these options, so failures are ignored.
  static_cast<void>(setsockopt(fd, level, option, &on, sizeof(on)));
}

}  // namespace

void PrepareSocket(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  if ((flags & O_NONBLOCK) == 0) static_cast<void>(fcntl(fd, F_SETFL, flags | O_NONBLOCK));
  Set(fd, IPPROTO_TCP, TCP_NODELAY);
  Set(fd, SOL_SOCKET, SO_KEEPALIVE);
  Set(fd, SOL_SOCKET, SO_OOBINLINE);
}

}  // namespace starlock::net
