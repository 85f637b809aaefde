#include "net/connector.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "net/attempt.h"
#include "net/tcp_stream.h"

namespace starlock::net {
namespace {

constexpr std::chrono::milliseconds kAttemptDelay{250};  // RFC 8305, 8: recommended

}  // namespace

class Connector::Impl final : public Disposable {
 public:
  Impl(Loop& loop, Resolver& resolver, std::vector<HostPort> targets, std::chrono::milliseconds timeout, OnDone on_done,
       const SocketAddress& from);

  void Abandon();

 private:
  void Begin();
  void NextTarget();
  void OnResolved(Result<std::vector<SocketAddress>> found);
  void StartNext();
  void OnAttempt(Attempt& attempt, const Error& error);
  void OnTimeout();
  void Connect(Attempt& attempt);
  void Finish(Result<Connected> result);

  Loop& loop_;
  Resolver& resolver_;
  const std::vector<HostPort> targets_;
  const std::chrono::milliseconds timeout_;
  OnDone on_done_;
  const SocketAddress from_;

  size_t target_ = 0;                     ///< index after the current target
  std::optional<uint64_t> look_up_;       ///< the pending one's id
  std::vector<SocketAddress> addresses_;  ///< of the current target, in the order of attempts
  size_t address_ = 0;                    ///< index of the next one to try
  std::vector<std::unique_ptr<Attempt>> attempts_;
  bool had_address_ = false;
  bool exhausted_ = false;  ///< no descriptor or memory was left
  Error last_error_{ErrorCode::kResolveFailed, "no address to connect to"};

  Deferred begin_;
  Timer stagger_;
  Timer deadline_;
};

Connector::Impl::Impl(Loop& loop, Resolver& resolver, std::vector<HostPort> targets, std::chrono::milliseconds timeout,
                      OnDone on_done, const SocketAddress& from)
    : loop_(loop),
      resolver_(resolver),
      targets_(std::move(targets)),
      timeout_(timeout),
      on_done_(std::move(on_done)),
      from_(from),
      begin_(loop, [this] { Begin(); }),
      stagger_(loop, [this] { StartNext(); }),
      deadline_(loop, [this] { OnTimeout(); }) {
  begin_.Schedule();
}

void Connector::Impl::Begin() {
  if (timeout_.count() > 0) deadline_.Start(timeout_);
  NextTarget();
}

void Connector::Impl::NextTarget() {
  if (exhausted_ || target_ == targets_.size()) {
    Finish(std::move(last_error_));
    return;
  }
  look_up_ = resolver_.Resolve(targets_[target_++], [this](auto found) { OnResolved(std::move(found)); });
}

void Connector::Impl::OnResolved(Result<std::vector<SocketAddress>> found) {
  look_up_.reset();
  if (!found) {
    if (!had_address_) last_error_ = {ErrorCode::kResolveFailed, found.error().detail};
    NextTarget();
    return;
  }
  had_address_ = true;
  addresses_ = Interleave(*found);
  address_ = 0;
  StartNext();
}

// Starts the next attempt, skipping addresses that fail immediately.
void Connector::Impl::StartNext() {
  while (address_ < addresses_.size()) {
    auto attempt = std::make_unique<Attempt>(addresses_[address_++], from_,
                                             [this](Attempt& done, const Error& error) { OnAttempt(done, error); });
    Error error = attempt->Start(loop_);
    if (!error) {
      attempts_.push_back(std::move(attempt));
      if (address_ < addresses_.size()) stagger_.Start(kAttemptDelay);
      return;
    }
    last_error_ = std::move(error);
    if (last_error_.code == ErrorCode::kSystem) {
      // Other addresses would fail in the same way.
      address_ = addresses_.size();
      exhausted_ = true;
    }
  }
  if (attempts_.empty()) NextTarget();
}

void Connector::Impl::OnAttempt(Attempt& attempt, const Error& error) {
  if (!error) {
    Connect(attempt);
    return;
  }
  const auto it =
      std::find_if(attempts_.begin(), attempts_.end(), [&attempt](const auto& each) { return each.get() == &attempt; });
  loop_.Dispose(std::unique_ptr<Disposable>(std::move(*it)));  // `attempt` is on the call stack
  attempts_.erase(it);
  if (last_error_.code != ErrorCode::kSystem) last_error_ = error;
  stagger_.Stop();
  StartNext();
}

void Connector::Impl::Connect(Attempt& attempt) {
  Finish(Connected{TcpStream::Adopt(loop_, attempt.Take()), attempt.address(), target_ - 1});
}

void Connector::Impl::OnTimeout() {
  if (!had_address_) {
    Finish(Error{ErrorCode::kResolveFailed, fmt::format("'{}': no answer from the resolver within {} ms",
                                                        targets_[target_ - 1].host, timeout_.count())});
    return;
  }
  if (attempts_.empty()) {
    Finish(Error{ErrorCode::kConnectFailed, std::move(last_error_.detail)});
    return;
  }
  Finish(Error{ErrorCode::kConnectFailed,
               fmt::format("{}: no answer within {} ms", attempts_.back()->address().ToString(), timeout_.count())});
}

void Connector::Impl::Finish(Result<Connected> result) {
  const OnDone on_done = std::move(on_done_);
  Abandon();
  on_done(std::move(result));
}

// No call follows. An attempt may be on the call stack, so its socket is closed now and the object destroyed later.
void Connector::Impl::Abandon() {
  begin_.Cancel();
  stagger_.Stop();
  deadline_.Stop();
  if (look_up_) resolver_.Cancel(*look_up_);
  look_up_.reset();
  for (auto& attempt : std::exchange(attempts_, {})) {
    attempt->Take();
    loop_.Dispose(std::unique_ptr<Disposable>(std::move(attempt)));
  }
}

Connector::Connector(Loop& loop, Resolver& resolver, std::vector<HostPort> targets, std::chrono::milliseconds timeout,
                     OnDone on_done, const SocketAddress& from)
    : loop_(loop),
      impl_(std::make_unique<Impl>(loop, resolver, std::move(targets), timeout, std::move(on_done), from)) {}

// `on_done` may destroy this, so the implementation outlives the call.
Connector::~Connector() {
  impl_->Abandon();
  loop_.Dispose(std::unique_ptr<Disposable>(std::move(impl_)));
}

}  // namespace starlock::net
