#include "net/connector.h"

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

  size_t target_ = 0;                     ///< the one behind that which is being tried
  std::optional<uint64_t> look_up_;       ///< under way
  std::vector<SocketAddress> addresses_;  ///< of the present target, in the order in which they are tried
  size_t address_ = 0;                    ///< the next one
  std::vector<std::unique_ptr<Attempt>> attempts_;
  bool had_address_ = false;
  bool out_of_means_ = false;  ///< no descriptor or memory was left
  Error last_error_{ErrorCode::kResolveFailed, "there is no address to connect to"};

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
  if (out_of_means_ || target_ == targets_.size()) {
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

// Starts one more attempt, passing over addresses that fail at once.
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
      // No other address would fare better.
      address_ = addresses_.size();
      out_of_means_ = true;
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
  loop_.Dispose(std::unique_ptr<Disposable>(std::move(*it)));  // it is what calls us
  attempts_.erase(it);
  if (last_error_.code != ErrorCode::kSystem) last_error_ = error;
  stagger_.Stop();
  StartNext();
}

void Connector::Impl::Connect(Attempt& attempt) {
  Finish(Connected{TcpStream::Adopt(loop_, attempt.Take()), attempt.address(), target_ - 1});
}

void Connector::Impl::OnTimeout() {
  const std::string within = " within " + std::to_string(timeout_.count()) + " ms";
  if (!had_address_) {
    Finish(
        Error{ErrorCode::kResolveFailed, "'" + targets_[target_ - 1].host + "': no answer from the resolver" + within});
    return;
  }
  if (attempts_.empty()) {
    Finish(Error{ErrorCode::kConnectFailed, std::move(last_error_.detail)});
    return;
  }
  Finish(Error{ErrorCode::kConnectFailed, attempts_.back()->address().ToString() + ": no answer" + within});
}

void Connector::Impl::Finish(Result<Connected> result) {
  const OnDone on_done = std::move(on_done_);
  Abandon();
  on_done(std::move(result));
}

// Nothing is called any more. Attempts may be what calls us, so they only lose their sockets here and now.
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

// It may be `on_done` that destroys us.
Connector::~Connector() {
  impl_->Abandon();
  loop_.Dispose(std::unique_ptr<Disposable>(std::move(impl_)));
}

}  // namespace starlock::net
