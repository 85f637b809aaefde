#include "net/poll.h"

#include <utility>

#include "net/loop_impl.h"
#include "net/poller.h"

namespace starlock::net {

Poll::Poll() = default;
Poll::~Poll() { Close(); }
Poll::Poll(Poll&& other) noexcept = default;

Poll& Poll::operator=(Poll&& other) noexcept {
  if (this == &other) return *this;
  Close();
  loop_ = other.loop_;
  watch_ = std::move(other.watch_);
  return *this;
}

Error Poll::Open(Loop& loop, Descriptor descriptor, unsigned events, Watcher* watcher) {
  auto watch = std::make_unique<Watched>();
  watch->descriptor = std::move(descriptor);
  watch->watcher = watcher;
  watch->wanted = events;
  if (const int number = loop.impl().poller.Add(*watch); number != 0) {
    return SystemError(ErrorCode::kSystem, "cannot watch a socket", number);
  }
  loop_ = &loop;
  watch_ = std::move(watch);
  return {};
}

int Poll::fd() const { return watch_->descriptor.get(); }

void Poll::SetWatcher(Watcher* watcher) { watch_->watcher = watcher; }

unsigned Poll::watched() const { return watch_->wanted; }

void Poll::SetBulk(bool bulk) { watch_->bulk = bulk; }

bool Poll::bulk() const { return watch_->bulk; }

void Poll::Watch(unsigned events) {
  if (events == watch_->wanted) return;
  watch_->wanted = events;
  loop_->impl().poller.Change(*watch_);
}

void Poll::Close() {
  if (watch_ == nullptr) return;
  loop_->impl().poller.Forget(*watch_);
  watch_.reset();
}

}  // namespace starlock::net
