#include "net/resolver.h"

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <utility>

namespace starlock::net {

class Resolver::Impl final : public Disposable {
 public:
  Impl(Loop& loop, std::unique_ptr<Lookup> lookup, const Memory& memory)
      : loop_(loop), memory_(memory), lookup_(std::move(lookup)), deliver_(loop, [this] { Deliver(); }) {}

  uint64_t Resolve(const HostPort& target, OnDone on_done);
  void SetOnStale(OnStale on_stale) { on_stale_ = std::move(on_stale); }
  void Cancel(uint64_t id);
  void Abandon();

 private:
  using Answer = Result<std::vector<SocketAddress>>;
  struct Waiter {
    uint64_t id;
    uint16_t port;
    OnDone on_done;
  };
  struct Name {
    bool asked = false;               ///< a look-up is pending
    std::vector<SocketAddress> good;  ///< the last good answer; may be stale
    Loop::Clock::time_point good_at;
    bool stale_reported = false;
    Error failure;  ///< of the last look-up
    Loop::Clock::time_point fresh_until;
    Loop::Clock::time_point used;
    std::vector<Waiter> waiters;
  };
  struct Ready {
    uint64_t id;
    OnDone on_done;
    Answer answer;
  };

  Name& Remember(const std::string& host);
  void Forget();
  void OnFound(const std::string& host, Answer answer);
  void UseStale(const std::string& host, Name& name);
  void Hand(const Name& name, Waiter waiter);
  void Deliver();

  Loop& loop_;
  OnStale on_stale_;
  const Memory memory_;
  std::unique_ptr<Lookup> lookup_;
  std::unordered_map<std::string, Name> names_;
  std::deque<Ready> ready_;
  Deferred deliver_;
  uint64_t last_id_ = 0;
};

uint64_t Resolver::Impl::Resolve(const HostPort& target, OnDone on_done) {
  const uint64_t id = ++last_id_;
  if (IsAddressLiteral(target.host)) {
    auto literal = SocketAddress::FromLiteral(target.host, target.port);
    ready_.push_back({id, std::move(on_done), literal ? Answer(std::vector{*literal}) : Answer(literal.error())});
    deliver_.Schedule();
    return id;
  }
  Name& name = Remember(target.host);
  Waiter waiter{id, target.port, std::move(on_done)};
  if (!name.asked && name.fresh_until > loop_.now()) {
    Hand(name, std::move(waiter));
    deliver_.Schedule();
    return id;
  }
  name.waiters.push_back(std::move(waiter));
  if (!std::exchange(name.asked, true)) {
    lookup_->Start(target.host, [this, host = target.host](Answer answer) { OnFound(host, std::move(answer)); });
  }
  return id;
}

Resolver::Impl::Name& Resolver::Impl::Remember(const std::string& host) {
  if (names_.size() >= memory_.names && !names_.contains(host)) Forget();
  Name& name = names_[host];
  name.used = loop_.now();
  return name;
}

// Evicts the least recently used name that is not being looked up.
void Resolver::Impl::Forget() {
  auto oldest = names_.end();
  for (auto each = names_.begin(); each != names_.end(); ++each) {
    if (each->second.asked) continue;
    if (oldest == names_.end() || each->second.used < oldest->second.used) oldest = each;
  }
  if (oldest != names_.end()) names_.erase(oldest);
}

void Resolver::Impl::OnFound(const std::string& host, Answer answer) {
  Name& name = names_.at(host);
  name.asked = false;
  name.fresh_until = loop_.now() + (answer ? memory_.answer : memory_.failure);
  if (answer) {
    name.good = std::move(*answer);
    name.good_at = loop_.now();
    name.stale_reported = false;
  } else {
    name.failure = answer.error();
    UseStale(host, name);
  }
  for (Waiter& waiter : std::exchange(name.waiters, {})) Hand(name, std::move(waiter));
  Deliver();
}

// After a failure: keeps the last good answer, if there is one that is not too old.
void Resolver::Impl::UseStale(const std::string& host, Name& name) {
  if (name.good.empty()) return;
  const auto age = loop_.now() - name.good_at;
  if (age >= memory_.stale) return name.good.clear();
  name.fresh_until = std::min(name.fresh_until, name.good_at + memory_.stale);
  if (on_stale_ && !std::exchange(name.stale_reported, true)) {
    on_stale_(host, name.failure, std::chrono::duration_cast<std::chrono::seconds>(age));
  }
}

void Resolver::Impl::Hand(const Name& name, Waiter waiter) {
  if (name.good.empty()) {
    ready_.push_back({waiter.id, std::move(waiter.on_done), name.failure});
    return;
  }
  auto addresses = name.good;
  for (SocketAddress& address : addresses) address.set_port(waiter.port);
  ready_.push_back({waiter.id, std::move(waiter.on_done), std::move(addresses)});
}

// A callback may cancel others, call Resolve or destroy the resolver, which empties `ready_`.
void Resolver::Impl::Deliver() {
  while (!ready_.empty()) {
    Ready first = std::move(ready_.front());
    ready_.pop_front();
    first.on_done(std::move(first.answer));
  }
}

void Resolver::Impl::Cancel(uint64_t id) {
  const auto is_it = [id](const auto& each) { return each.id == id; };
  if (std::erase_if(ready_, is_it) > 0) return;
  for (auto& [host, name] : names_) {
    if (std::erase_if(name.waiters, is_it) > 0) return;
  }
}

void Resolver::Impl::Abandon() {
  ready_.clear();
  names_.clear();
  lookup_.reset();
}

Resolver::Resolver(Loop& loop) : Resolver(loop, SystemLookup(loop), Memory()) {}

Resolver::Resolver(Loop& loop, std::unique_ptr<Lookup> lookup, const Memory& memory)
    : loop_(loop), impl_(std::make_unique<Impl>(loop, std::move(lookup), memory)) {}

// A callback may destroy this, so the implementation outlives the call.
Resolver::~Resolver() {
  impl_->Abandon();
  loop_.Dispose(std::unique_ptr<Disposable>(std::move(impl_)));
}

uint64_t Resolver::Resolve(const HostPort& target, OnDone on_done) {
  return impl_->Resolve(target, std::move(on_done));
}

void Resolver::SetOnStale(OnStale on_stale) { impl_->SetOnStale(std::move(on_stale)); }

void Resolver::Cancel(uint64_t id) { impl_->Cancel(id); }

}  // namespace starlock::net
