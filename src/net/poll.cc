#include "net/poll.h"

#include <uv.h>

#include <utility>

#include "net/loop_impl.h"

namespace starlock::net {

struct Poll::Impl {
  static void OnPoll(uv_poll_t* handle, int status, int events);

  uv_poll_t handle{};
  Descriptor descriptor;
  Watcher* watcher = nullptr;
  unsigned watched = 0;
};

void Poll::Impl::OnPoll(uv_poll_t* handle, int status, int events) {
  auto* impl = static_cast<Impl*>(handle->data);
  if (status < 0) {
    // libuv says UV_EBADF for POLLERR, and has stopped the handle.
    impl->watched = 0;
    impl->watcher->OnReady(kError);
    return;
  }
  unsigned ready = 0;
  if ((events & UV_READABLE) != 0) ready |= kRead;
  if ((events & UV_WRITABLE) != 0) ready |= kWrite;
  if (ready != 0) impl->watcher->OnReady(ready);
}

Poll::~Poll() { Close(); }

Error Poll::Open(Loop& loop, Descriptor descriptor, Watcher* watcher) {
  auto impl = std::make_unique<Impl>();
  const int status = uv_poll_init(&loop.impl().uv, &impl->handle, descriptor.get());
  if (status != 0) return SystemError(ErrorCode::kSystem, "cannot watch a socket", -status);
  impl->handle.data = impl.get();
  impl->descriptor = std::move(descriptor);
  impl->watcher = watcher;
  impl_ = impl.release();
  return {};
}

int Poll::fd() const { return impl_->descriptor.get(); }

unsigned Poll::watched() const { return impl_->watched; }

void Poll::Watch(unsigned events) {
  if (events == impl_->watched) return;
  impl_->watched = events;
  if (events == 0) {
    uv_poll_stop(&impl_->handle);
    return;
  }
  int wanted = 0;
  if ((events & kRead) != 0) wanted |= UV_READABLE;
  if ((events & kWrite) != 0) wanted |= UV_WRITABLE;
  uv_poll_start(&impl_->handle, wanted, Impl::OnPoll);
}

void Poll::Close() { Release(); }

Descriptor Poll::Release() {
  if (impl_ == nullptr) return {};
  Impl* impl = std::exchange(impl_, nullptr);
  Descriptor descriptor = std::move(impl->descriptor);
  uv_close(reinterpret_cast<uv_handle_t*>(&impl->handle),
           [](uv_handle_t* handle) { delete static_cast<Impl*>(handle->data); });
  return descriptor;
}

}  // namespace starlock::net
