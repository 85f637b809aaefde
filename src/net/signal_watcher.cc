#include <uv.h>

#include <utility>

#include "net/loop.h"
#include "net/loop_impl.h"

namespace starlock::net {

struct SignalWatcher::Impl {
  uv_signal_t handle{};
  std::function<void()> on_signal;
};

SignalWatcher::SignalWatcher(Loop& loop, int signum, std::function<void()> on_signal) : impl_(new Impl) {
  uv_signal_init(&loop.impl().uv, &impl_->handle);
  loop.impl().uv_waits = true;
  impl_->handle.data = impl_;
  impl_->on_signal = std::move(on_signal);
  const auto caught = [](uv_signal_t* handle, int) { static_cast<Impl*>(handle->data)->on_signal(); };
  uv_signal_start(&impl_->handle, caught, signum);
}

SignalWatcher::~SignalWatcher() {
  uv_close(reinterpret_cast<uv_handle_t*>(&impl_->handle),
           [](uv_handle_t* handle) { delete static_cast<Impl*>(handle->data); });
}

}  // namespace starlock::net
