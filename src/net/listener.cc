#include "net/listener.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "net/poll.h"
#include "net/socket_options.h"
#include "net/tcp_stream.h"

namespace starlock::net {
namespace {

constexpr int kAcceptsPerTurn = 64;
constexpr std::chrono::milliseconds kPause{100};

// Errors of one pending connection (lost, or refused by a firewall): accept(2), "Error handling". Others may succeed.
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
  Impl(Loop& loop, const SocketAddress& address, OnAccept on_accept, OnPause on_pause);

  Error Open(ListeningSocket socket);
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
  OnPause on_pause_;
  Poll poll_;
  Timer resume_;
  bool pause_reported_ = false;
};

Listener::Impl::Impl(Loop& loop, const SocketAddress& address, OnAccept on_accept, OnPause on_pause)
    : loop_(loop),
      address_(address),
      on_accept_(std::move(on_accept)),
      on_pause_(std::move(on_pause)),
      resume_(loop, [this] { poll_.Watch(Poll::kRead); }) {}

Error Listener::Impl::Open(ListeningSocket socket) {
  PrepareSocket(socket.fd());  // accepted sockets inherit its options
  Error error = poll_.Open(loop_, Descriptor(socket.Release()), Poll::kRead, this);
  if (error) error.detail = fmt::format("cannot listen on {}: {}", address_.ToString(), error.detail);
  return error;
}

void Listener::Impl::OnReady(unsigned /*events*/) {
  for (int i = 0; i < kAcceptsPerTurn && poll_.open(); ++i) {
    const Outcome outcome = AcceptOne();
    if (outcome == Outcome::kNoneLeft || outcome == Outcome::kExhausted) break;
  }
  // kError has stopped the watching.
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
    Pause(SystemError(ErrorCode::kSystem, fmt::format("cannot accept on {}", address_.ToString()), number));
    return Outcome::kExhausted;
  }
  Poll poll;
  if (const Error error = poll.Open(loop_, std::move(socket), Poll::kRead, nullptr)) {
    Pause(error);
    return Outcome::kExhausted;
  }
  pause_reported_ = false;
  on_accept_(TcpStream::Adopt(loop_, std::move(poll)), SocketAddress(peer, size));
  return Outcome::kAccepted;
}

// Reports only the first pause in a row: a shortage of descriptors can last.
void Listener::Impl::Pause(const Error& error) {
  poll_.Watch(0);
  resume_.Start(kPause);
  if (!std::exchange(pause_reported_, true)) on_pause_(error);
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

Result<std::unique_ptr<Listener>> Listener::Create(Loop& loop, ListeningSocket socket, OnAccept on_accept,
                                                   OnPause on_pause) {
  auto impl = std::make_unique<Impl>(loop, socket.address(), std::move(on_accept), std::move(on_pause));
  if (Error error = impl->Open(std::move(socket))) return error;
  return std::unique_ptr<Listener>(new Listener(loop, std::move(impl)));
}

Listener::Listener(Loop& loop, std::unique_ptr<Impl> impl) : loop_(loop), impl_(std::move(impl)) {}

// A callback may destroy this, so the implementation outlives the call.
Listener::~Listener() {
  impl_->Abandon();
  loop_.Dispose(std::unique_ptr<Disposable>(std::move(impl_)));
}

const SocketAddress& Listener::address() const { return impl_->address(); }

void Listener::Close() { impl_->Close(); }

}  // namespace starlock::net
