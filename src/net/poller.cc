#include "net/poller.h"

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <utility>

namespace starlock::net {
namespace {

uint32_t ToKernel(unsigned wanted) {
  // epoll always reports errors and hang-ups. If nothing else is watched, edge-triggering reports them only once.
  if (wanted == 0) return EPOLLET;
  uint32_t events = 0;
  if ((wanted & Poll::kRead) != 0) events |= EPOLLIN;
  if ((wanted & Poll::kWrite) != 0) events |= EPOLLOUT;
  return events;
}

}  // namespace

// Without epoll the process cannot continue, nor report an error.
Poller::Poller() : epoll_(epoll_create1(EPOLL_CLOEXEC)), found_{} {
  if (!epoll_) std::abort();
}

int Poller::AddBackend(int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = this;
  return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) == 0 ? 0 : errno;
}

int Poller::Add(Watched& watch) {
  epoll_event event{};
  event.events = ToKernel(watch.wanted);
  event.data.ptr = &watch;
  watch.known = watch.wanted;
  return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, watch.descriptor.get(), &event) == 0 ? 0 : errno;
}

void Poller::Change(Watched& watch) {
  if (!watch.linked()) watch.Join(changed_);
}

void Poller::Forget(Watched& watch) {
  watch.Leave();
  for (size_t i = 0; i < count_; ++i) {
    if (found_[i].data.ptr == &watch) found_[i].data.ptr = nullptr;
  }
}

void Poller::Update() {
  while (changed_.linked()) {
    auto& watch = static_cast<Watched&>(*changed_.next());
    watch.Leave();
    if (watch.known == watch.wanted) continue;
    watch.known = watch.wanted;
    epoll_event event{};
    event.events = ToKernel(watch.wanted);
    event.data.ptr = &watch;
    epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, watch.descriptor.get(), &event);
  }
}

bool Poller::Wait(int milliseconds) {
  Update();
  const int n = epoll_wait(epoll_.get(), found_.data(), static_cast<int>(found_.size()), milliseconds);
  count_ = n > 0 ? static_cast<size_t>(n) : 0;  // interrupted by a signal: no events
  bool backend = false;
  for (size_t i = 0; i < count_; ++i) {
    if (found_[i].data.ptr != this) continue;
    found_[i].data.ptr = nullptr;
    backend = true;
  }
  return backend;
}

void Poller::Dispatch() {
  size_t later = 0;
  for (size_t i = 0; i < count_; ++i) {
    const auto* watch = static_cast<const Watched*>(found_[i].data.ptr);
    if (watch == nullptr) continue;
    if (watch->bulk) {
      std::swap(found_[later++], found_[i]);  // swapped with a dispatched event, so that Forget still finds both
    } else {
      DispatchOne(found_[i]);
    }
  }
  for (size_t i = 0; i < later; ++i) DispatchOne(found_[i]);
  count_ = 0;
}

void Poller::DispatchOne(const epoll_event& event) {
  auto* watch = static_cast<Watched*>(event.data.ptr);
  if (watch == nullptr || watch->wanted == 0) return;
  if ((event.events & EPOLLERR) != 0) {
    watch->wanted = 0;
    Change(*watch);
    return watch->watcher->OnReady(Poll::kError);
  }
  unsigned ready = 0;
  if ((event.events & EPOLLIN) != 0) ready |= Poll::kRead;
  if ((event.events & EPOLLOUT) != 0) ready |= Poll::kWrite;
  if (event.events == EPOLLHUP) ready = watch->wanted;
  ready &= watch->wanted;
  if (ready != 0) watch->watcher->OnReady(ready);
}

}  // namespace starlock::net
