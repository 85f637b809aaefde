#include "net/loop.h"

#include <fcntl.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "net/descriptor.h"
#include "net/loop_impl.h"

namespace starlock::net {
namespace {

// Sixteen full TLS records, or sixteen full bodies with room for a record's overhead: the unit of bulk transfer.
constexpr size_t kSlabSize = size_t{16} * (16384 + 128);
constexpr size_t kFreeSlabs = 32;

// Without an event loop the process cannot continue, nor report an error.
void Check(int status) {
  if (status != 0) std::abort();
}

// What a loop opens: two epoll instances, an eventfd, libuv's pipes for signals (one of the process and one of the
// loop), and one to spare.
constexpr size_t kDescriptorsOfLoop = 8;

// libuv aborts the process if it cannot open the pipe of its signals, so this asks first.
Error FindDescriptors() {
  std::array<Descriptor, kDescriptorsOfLoop> found;
  for (Descriptor& each : found) {
    each = Descriptor(open("/", O_PATH | O_CLOEXEC));
    if (!each) return SystemError(ErrorCode::kSystem, "cannot create an event loop", errno);
  }
  return {};
}

class DisposedStream : public Disposable {
 public:
  explicit DisposedStream(std::unique_ptr<buffer::Stream> stream) : stream_(std::move(stream)) {}

 private:
  std::unique_ptr<buffer::Stream> stream_;
};

template <typename Handle>
void CloseHandle(Handle* handle) {
  uv_close(reinterpret_cast<uv_handle_t*>(handle), nullptr);
}

}  // namespace

Loop::Impl::Impl() : pool(kSlabSize, kFreeSlabs) {
  Check(uv_loop_init(&uv));
  Check(uv_async_init(&uv, &wake, [](uv_async_t* handle) { static_cast<Impl*>(handle->data)->RunPosted(); }));
  wake.data = this;
  Check(poller.AddBackend(uv_backend_fd(&uv)));
  uv_update_time(&uv);
  offset = Clock::now().time_since_epoch() - std::chrono::milliseconds(uv_now(&uv));
}

Loop::Impl::~Impl() {
  // Tasks that will not run may own objects of this loop.
  std::exchange(tasks, {}).clear();
  std::exchange(posted, {}).clear();
  DestroyDisposed();
  CloseHandle(&wake);
  for (TimerHandle* timer : spare_timers) CloseTimer(timer);
  // Owners have closed their handles by now. A forgotten handle must not keep the process from ending.
  const auto forgotten = [](uv_handle_t* handle, void*) {
    if (uv_is_closing(handle) != 0) return;
    assert(false && "an object outlives its loop");
    uv_unref(handle);
  };
  uv_walk(&uv, forgotten, nullptr);
  uv_run(&uv, UV_RUN_DEFAULT);  // close callbacks, and look-ups that cannot be cancelled
  [[maybe_unused]] const int status = uv_loop_close(&uv);
  assert(status == 0);
}

// How long the loop may sleep, in milliseconds; -1: until an event.
int Loop::Impl::SleepLimit() {
  if (uv_waits || deferred.linked() || !tasks.empty() || !disposed.empty()) return 0;
  uv_update_time(&uv);
  return uv_backend_timeout(&uv);
}

void Loop::Impl::Turn() {
  const bool uv_ready = poller.Wait(SleepLimit());
  uv_update_time(&uv);
  if (uv_ready || std::exchange(uv_waits, false) || uv_backend_timeout(&uv) == 0) uv_run(&uv, UV_RUN_NOWAIT);
  poller.Dispatch();
  EndTurn();
}

void Loop::Impl::EndTurn() {
  reads.EndTurn();
  // Calls that these calls defer wait for the next turn, so that a chain of them cannot starve the sockets.
  RingLink due;
  deferred.MoveAllTo(due);
  for (auto& task : std::exchange(tasks, {})) task();
  while (due.linked()) {
    auto* first = static_cast<Deferred*>(due.next());
    first->Leave();
    first->call_();
  }
  DestroyDisposed();
}

void Loop::Impl::DestroyDisposed() {
  while (!disposed.empty()) std::exchange(disposed, {}).clear();
}

void Loop::Impl::RunPosted() {
  std::vector<std::function<void()>> due;
  {
    const std::lock_guard lock(mutex);
    due.swap(posted);
  }
  for (auto& task : due) task();
}

Result<std::unique_ptr<Loop>> Loop::Create() {
  if (Error error = FindDescriptors()) return error;
  return std::make_unique<Loop>();
}

Loop::Loop() : impl_(std::make_unique<Impl>()) {}
Loop::~Loop() = default;

void Loop::Run() {
  impl_->running = true;
  while (!impl_->stopped) impl_->Turn();
  impl_->running = impl_->stopped = false;
}

void Loop::Stop() { impl_->stopped = true; }

void Loop::Post(std::function<void()> task) {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->posted.push_back(std::move(task));
  }
  uv_async_send(&impl_->wake);
}

void Loop::Defer(std::function<void()> task) { impl_->tasks.push_back(std::move(task)); }

void Loop::Dispose(std::unique_ptr<Disposable> object) { impl_->disposed.push_back(std::move(object)); }

void Loop::Dispose(std::unique_ptr<buffer::Stream> stream) {
  if (stream != nullptr) stream->SetHandler(nullptr);
  Dispose(std::make_unique<DisposedStream>(std::move(stream)));
}

Loop::Clock::time_point Loop::now() const {
  if (!impl_->running) uv_update_time(&impl_->uv);
  return Clock::time_point(impl_->offset + std::chrono::milliseconds(uv_now(&impl_->uv)));
}

bool Loop::awaits_lookup() const { return impl_->lookups > 0; }

buffer::SlabPool& Loop::pool() { return impl_->pool; }

void Deferred::Schedule() {
  if (!linked()) Join(loop_.impl().deferred);
}

void Deferred::Cancel() { Leave(); }

}  // namespace starlock::net
