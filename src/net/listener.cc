#include "net/listener.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "net/poll.h"
#include "net/socket_options.h"
#include "net/tcp_stream.h"

namespace starlock::net {
namespace {

// A session costs some ten times what a read costs, so this bounds how long established sessions wait for a flood of
// connections.
constexpr int kAcceptsPerTurn = 16;
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
  void Close(std::function<void()> on_closed);
  void CloseNow();
  void Abandon();

 private:
  enum class Outcome : uint8_t { kAccepted, kSkipped, kNoneLeft, kExhausted };

  void OnReady(unsigned events) override;
  Outcome AcceptOne();
  bool AcceptSome();
  uint32_t Waiting() const;
  void CloseSoon();
  void Pause(const Error& error);

  Loop& loop_;
  SocketAddress address_;
  OnAccept on_accept_;
  OnPause on_pause_;
  Poll poll_;
  Timer resume_;
  bool pause_reported_ = false;
  bool closing_ = false;
  uint32_t left_ = 0;  ///< closing: how many of the backlog are still to be accepted
  std::function<void()> on_closed_;
  Deferred close_;
};

Listener::Impl::Impl(Loop& loop, const SocketAddress& address, OnAccept on_accept, OnPause on_pause)
    : loop_(loop),
      address_(address),
      on_accept_(std::move(on_accept)),
      on_pause_(std::move(on_pause)),
      resume_(loop, [this] { poll_.Watch(Poll::kRead); }),
      close_(loop, [this] { CloseSoon(); }) {}

Error Listener::Impl::Open(ListeningSocket socket) {
  PrepareSocket(socket.fd());  // accepted sockets inherit its options
  Error error = poll_.Open(loop_, Descriptor(socket.Release()), Poll::kRead, this);
  if (error) error.detail = fmt::format("cannot listen on {}: {}", address_.ToString(), error.detail);
  return error;
}

void Listener::Impl::OnReady(unsigned /*events*/) {
  AcceptSome();
  // kError has stopped the watching.
  if (poll_.open() && !closing_ && !resume_.running()) poll_.Watch(Poll::kRead);
}

// Returns whether there may be more.
bool Listener::Impl::AcceptSome() {
  for (int i = 0; i < kAcceptsPerTurn && poll_.open(); ++i) {
    if (closing_ && left_ == 0) return false;
    if (closing_) --left_;
    const Outcome outcome = AcceptOne();
    if (outcome == Outcome::kNoneLeft || outcome == Outcome::kExhausted) return false;
  }
  return poll_.open();
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

// The length of the backlog: Linux tells it in this field.
uint32_t Listener::Impl::Waiting() const {
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (getsockopt(poll_.fd(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return SOMAXCONN;
  return info.tcpi_unacked;
}

void Listener::Impl::Close(std::function<void()> on_closed) {
  if (closing_) return;
  closing_ = true;
  on_closed_ = std::move(on_closed);
  if (poll_.open()) {
    resume_.Stop();
    poll_.Watch(0);
    left_ = Waiting();
  }
  close_.Schedule();
}

void Listener::Impl::CloseSoon() {
  if (left_ > 0 && AcceptSome()) return close_.Schedule();
  Abandon();
  if (on_closed_) std::exchange(on_closed_, nullptr)();
}

void Listener::Impl::CloseNow() {
  if (!poll_.open()) return;
  closing_ = true;
  left_ = Waiting();
  while (left_ > 0 && AcceptSome()) {
  }
  Abandon();
}

void Listener::Impl::Abandon() {
  close_.Cancel();
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

void Listener::Close(std::function<void()> on_closed) { impl_->Close(std::move(on_closed)); }

void Listener::CloseNow() { impl_->CloseNow(); }

}  // namespace starlock::net
