#include "net/listener.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "net/poll.h"
#include "net/socket_options.h"
#include "net/tcp_stream.h"

namespace starlock::net {
namespace {

constexpr int kAcceptsATurn = 64;
constexpr std::chrono::milliseconds kPause{100};

// Errors of a connection that was lost while it waited, or that a firewall refused: the next one may be sound.
bool IsOfOneConnection(int number) {
  switch (number) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case ETIMEDOUT:
      return true;
    default:
      return false;
  }
}

}  // namespace

class Listener::Impl final : public Disposable, private Poll::Watcher {
 public:
  Impl(Loop& loop, ListeningSocket socket, OnAccept on_accept, std::function<void(const Error&)> on_pause);

  const SocketAddress& address() const { return address_; }
  void Close();
  void Abandon();

 private:
  enum class Outcome : uint8_t { kAccepted, kSkipped, kNoneLeft, kExhausted };

  void OnReady(unsigned events) override;
  Outcome AcceptOne();
  void Pause(const Error& error);

  Loop& loop_;
  SocketAddress address_;
  OnAccept on_accept_;
  std::function<void(const Error&)> on_pause_;
  Poll poll_;
  Timer resume_;
  bool pause_told_ = false;
};

Listener::Impl::Impl(Loop& loop, ListeningSocket socket, OnAccept on_accept, std::function<void(const Error&)> on_pause)
    : loop_(loop),
      address_(socket.address()),
      on_accept_(std::move(on_accept)),
      on_pause_(std::move(on_pause)),
      resume_(loop, [this] { poll_.Watch(Poll::kRead); }) {
  PrepareSocket(socket.fd());  // what it accepts inherits that
  if (Error error = poll_.Open(loop, Descriptor(socket.Release()), Poll::kRead, this)) {
    loop.Defer([report = on_pause_, error] { report(error); });
  }
}

void Listener::Impl::OnReady(unsigned /*events*/) {
  for (int i = 0; i < kAcceptsATurn && poll_.open(); ++i) {
    const Outcome outcome = AcceptOne();
    if (outcome == Outcome::kNoneLeft || outcome == Outcome::kExhausted) break;
  }
  // After an error at the socket itself watching has stopped.
  if (poll_.open() && !resume_.running()) poll_.Watch(Poll::kRead);
}

Listener::Impl::Outcome Listener::Impl::AcceptOne() {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  auto* peer = reinterpret_cast<sockaddr*>(&storage);
  Descriptor socket(accept4(poll_.fd(), peer, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket) {
    const int number = errno;
    if (number == EAGAIN) return Outcome::kNoneLeft;
    if (IsOfOneConnection(number)) return Outcome::kSkipped;
    Pause(SystemError(ErrorCode::kSystem, "cannot accept on " + address_.ToString(), number));
    return Outcome::kExhausted;
  }
  Poll poll;
  if (const Error error = poll.Open(loop_, std::move(socket), Poll::kRead, nullptr)) {
    Pause(error);
    return Outcome::kExhausted;
  }
  pause_told_ = false;
  on_accept_(TcpStream::Adopt(loop_, std::move(poll)), SocketAddress(peer, size));
  return Outcome::kAccepted;
}

// Told once, until a connection is accepted again: descriptors may be short for long.
void Listener::Impl::Pause(const Error& error) {
  poll_.Watch(0);
  resume_.Start(kPause);
  if (!std::exchange(pause_told_, true)) on_pause_(error);
}

void Listener::Impl::Close() {
  while (poll_.open()) {
    const Outcome outcome = AcceptOne();
    if (outcome == Outcome::kNoneLeft || outcome == Outcome::kExhausted) break;
  }
  Abandon();
}

void Listener::Impl::Abandon() {
  resume_.Stop();
  poll_.Close();
}

Listener::Listener(Loop& loop, ListeningSocket socket, OnAccept on_accept, std::function<void(const Error&)> on_pause)
    : loop_(loop), impl_(std::make_unique<Impl>(loop, std::move(socket), std::move(on_accept), std::move(on_pause))) {}

// It may be one of our own calls that destroys us.
Listener::~Listener() {
  impl_->Abandon();
  loop_.Dispose(std::unique_ptr<Disposable>(std::move(impl_)));
}

const SocketAddress& Listener::address() const { return impl_->address(); }

void Listener::Close() { impl_->Close(); }

}  // namespace starlock::net
