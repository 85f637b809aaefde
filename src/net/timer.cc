#include <uv.h>

#include <algorithm>
#include <utility>

#include "net/loop.h"
#include "net/loop_impl.h"

namespace starlock::net {

struct Timer::Impl {
  uv_timer_t handle{};
  std::function<void()> on_fire;
};

Timer::Timer(Loop& loop, std::function<void()> on_fire) : impl_(new Impl) {
  uv_timer_init(&loop.impl().uv, &impl_->handle);
  impl_->handle.data = impl_;
  impl_->on_fire = std::move(on_fire);
}

Timer::~Timer() {
  uv_close(reinterpret_cast<uv_handle_t*>(&impl_->handle),
           [](uv_handle_t* handle) { delete static_cast<Impl*>(handle->data); });
}

void Timer::Start(std::chrono::milliseconds delay) {
  // libuv counts from the turn's beginning: after a long turn the timer would fire too early.
  uv_update_time(impl_->handle.loop);
  const auto fire = [](uv_timer_t* handle) { static_cast<Impl*>(handle->data)->on_fire(); };
  uv_timer_start(&impl_->handle, fire, static_cast<uint64_t>(std::max<int64_t>(delay.count(), 0)), 0);
}

void Timer::Stop() { uv_timer_stop(&impl_->handle); }

bool Timer::running() const { return uv_is_active(reinterpret_cast<const uv_handle_t*>(&impl_->handle)) != 0; }

}  // namespace starlock::net
