#include <uv.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "net/loop.h"
#include "net/loop_impl.h"

namespace starlock::net {
namespace {

constexpr size_t kSpareTimers = 1024;

void Retire(TimerHandle* timer) {
  auto& loop = *static_cast<Loop::Impl*>(timer->uv.data);
  if (loop.spare_timers.size() < kSpareTimers) {
    loop.spare_timers.push_back(timer);
  } else {
    CloseTimer(timer);
  }
}

// The callback may destroy its Timer.
void Fire(uv_timer_t* uv) {
  auto* timer = reinterpret_cast<TimerHandle*>(uv);  // its first member
  timer->firing = true;
  timer->on_fire();
  timer->firing = false;
  if (std::exchange(timer->orphaned, false)) Retire(timer);
}

}  // namespace

void CloseTimer(TimerHandle* timer) {
  uv_close(reinterpret_cast<uv_handle_t*>(&timer->uv),
           [](uv_handle_t* handle) { delete reinterpret_cast<TimerHandle*>(handle); });
}

Timer::Timer(Loop& loop, std::function<void()> on_fire) {
  auto& spare = loop.impl().spare_timers;
  if (spare.empty()) {
    impl_ = new TimerHandle;
    uv_timer_init(&loop.impl().uv, &impl_->uv);
    impl_->uv.data = &loop.impl();
  } else {
    impl_ = spare.back();
    spare.pop_back();
  }
  impl_->on_fire = std::move(on_fire);
}

Timer::~Timer() {
  Stop();
  if (impl_->firing) {
    impl_->orphaned = true;
  } else {
    Retire(impl_);
  }
}

void Timer::Start(std::chrono::milliseconds delay) {
  // libuv counts from the turn's beginning: after a long turn the timer would fire too early.
  uv_update_time(impl_->uv.loop);
  uv_timer_start(&impl_->uv, Fire, static_cast<uint64_t>(std::max<int64_t>(delay.count(), 0)), 0);
}

void Timer::Stop() { uv_timer_stop(&impl_->uv); }

bool Timer::running() const { return uv_is_active(reinterpret_cast<const uv_handle_t*>(&impl_->uv)) != 0; }

}  // namespace starlock::net
