#include "net/attempt.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "net/socket_options.h"

namespace starlock::net {
namespace {

// Whether the error is a shortage on this machine rather than the peer's fault.
bool IsShortage(int number) { return number == EMFILE || number == ENFILE || number == ENOBUFS || number == ENOMEM; }

// TCP self-connect: on loopback the kernel may choose as source port the port that we connect to. If nobody listens
// there, the socket is connected to itself.
bool IsConnectedToItself(int fd, const SocketAddress& peer) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  auto* local = reinterpret_cast<sockaddr*>(&storage);
  return getsockname(fd, local, &size) == 0 && SocketAddress(local, size) == peer;
}

}  // namespace

Error Attempt::Failed(int number) const {
  return SystemError(IsShortage(number) ? ErrorCode::kSystem : ErrorCode::kConnectFailed, address_.ToString(), number);
}

Error Attempt::Start(Loop& loop) {
  Descriptor socket(::socket(address_.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return Failed(errno);
  if (from_.size() > 0 && from_.family() == address_.family() && bind(socket.get(), from_.get(), from_.size()) != 0) {
    return Failed(errno);
  }
  PrepareSocket(socket.get());
  // If connect() succeeds immediately, the poll reports it too, so that `on_done` is always called from the loop.
  if (connect(socket.get(), address_.get(), address_.size()) != 0 && errno != EINPROGRESS) return Failed(errno);
  return poll_.Open(loop, std::move(socket), Poll::kWrite, this);
}

void Attempt::OnReady(unsigned /*events*/) {
  int number = TakeSocketError(poll_.fd());
  if (number == 0 && IsConnectedToItself(poll_.fd(), address_)) number = ECONNREFUSED;
  if (number != 0) poll_.Close();
  on_done_(*this, number == 0 ? Error() : Failed(number));
}

std::vector<SocketAddress> Interleave(const std::vector<SocketAddress>& addresses) {
  std::vector<SocketAddress> first;
  std::vector<SocketAddress> second;
  for (const SocketAddress& address : addresses) {
    (address.family() == addresses.front().family() ? first : second).push_back(address);
  }
  std::vector<SocketAddress> result;
  for (size_t i = 0; i < first.size() || i < second.size(); ++i) {
    if (i < first.size()) result.push_back(first[i]);
    if (i < second.size()) result.push_back(second[i]);
  }
  return result;
}

}  // namespace starlock::net
