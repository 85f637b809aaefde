#include "log/writer.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace starlock {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kBatch = 65536;                         // bytes in one write, unless a single line is longer
constexpr std::chrono::milliseconds kGathering{5};       // the pause between two writes, while lines gather
constexpr std::chrono::milliseconds kRetry{1000};        // between two attempts on a full disk
constexpr std::chrono::milliseconds kNoticeEvery{1000};  // between two notices of lost lines

bool IsFullDisk(int error) { return error == ENOSPC || error == EDQUOT; }

}  // namespace

struct LogWriter::State {
  State(LogSink to, size_t ring_bytes, Notices says)
      : sink(std::move(to)), notices(std::move(says)), ring(ring_bytes) {}

  void Run();
  void WaitForWork(std::unique_lock<std::mutex>& lock);
  void Open(std::unique_lock<std::mutex>& lock);
  void Prepare();
  void WriteBatch(std::unique_lock<std::mutex>& lock);
  void GiveUp(std::string_view rest, int error);
  bool HasWork() const { return !ring.empty() || reopen || stopping; }
  bool Hurry() const { return stopping || flushing > 0 || ring.bytes() >= kBatch; }
  uint64_t Lost() const { return ring.dropped() + unwritten - told; }
  bool Idle() const { return ring.empty() && batch.empty() && !reopen && !reopening; }

  // Of the thread alone.
  LogSink sink;
  const Notices notices;
  Clock::time_point next_notice{};
  size_t added_size = 0;  ///< of what the writer itself put at the beginning of the batch
  uint64_t telling = 0;   ///< lost lines that the batch reports
  bool torn = false;      ///< the last write ended within a line, whose remainder was given up

  std::atomic<bool> abandoned = false;

  std::mutex mutex;  // protects what follows
  std::condition_variable wake;
  std::condition_variable progress;
  LogRing ring;
  std::string batch;       ///< what is being written; changed by the thread alone
  uint64_t unwritten = 0;  ///< lines lost to errors of the sink
  uint64_t told = 0;       ///< lost lines that a notice has reported
  int last_error = 0;      ///< why lines went unwritten; 0: the ring was full
  int flushing = 0;        ///< callers of Flush that wait
  bool sleeping = false;   ///< the thread waits for lines
  bool gathering = false;  ///< the thread waits for more lines
  bool reopen = false;     ///< asked for
  bool reopening = false;
  bool stopping = false;
  bool ended = false;
};

void LogWriter::State::Run() {
  std::unique_lock lock(mutex);
  while (!abandoned) {
    WaitForWork(lock);
    if (stopping && Idle() && Lost() == 0) break;
    if (reopen) Open(lock);
    Prepare();
    if (!batch.empty()) WriteBatch(lock);
    progress.notify_all();
    gathering = true;
    wake.wait_for(lock, kGathering, [this] { return Hurry(); });
    gathering = false;
  }
  sink.Close();
  ended = true;
  progress.notify_all();
}

void LogWriter::State::WaitForWork(std::unique_lock<std::mutex>& lock) {
  const auto has_work = [this] { return HasWork(); };
  sleeping = true;
  if (Lost() > 0) {
    wake.wait_until(lock, next_notice, has_work);
  } else {
    wake.wait(lock, has_work);
  }
  sleeping = false;
}

void LogWriter::State::Open(std::unique_lock<std::mutex>& lock) {
  reopen = false;
  reopening = true;
  lock.unlock();
  std::string line = notices.reopened(sink.Reopen());
  lock.lock();
  reopening = false;
  ring.Push(LogRing::Kind::kOther, std::move(line));
}

// Moves waiting lines into the batch, after the notice of those that were lost before them.
void LogWriter::State::Prepare() {
  const uint64_t lost = Lost();
  if (lost > 0 && (stopping || Clock::now() >= next_notice)) {
    batch += notices.lost(lost, std::exchange(last_error, 0));
    telling = lost;
    next_notice = Clock::now() + kNoticeEvery;
  }
  added_size = batch.size();
  ring.Take(batch, kBatch);
}

void LogWriter::State::WriteBatch(std::unique_lock<std::mutex>& lock) {
  // A line end keeps the next line apart from a torn one.
  if (torn) {
    batch.insert(0, "\n");
    ++added_size;
  }
  std::string_view rest = batch;
  int error = 0;
  while (true) {
    lock.unlock();
    error = sink.Write(rest, abandoned);
    lock.lock();
    if (!IsFullDisk(error) || stopping || abandoned) break;
    wake.wait_for(lock, kRetry, [this] { return stopping; });
  }
  if (error != 0) GiveUp(rest, error);
  told += std::exchange(telling, 0);
  if (rest.size() < batch.size()) torn = error != 0 && batch[batch.size() - rest.size() - 1] != '\n';
  batch.clear();
  if (batch.capacity() > 2 * kBatch) batch.shrink_to_fit();
}

void LogWriter::State::GiveUp(std::string_view rest, int error) {
  // The line end of a torn line and a notice are not lines of a caller.
  const std::string_view added = std::string_view(batch).substr(0, added_size);
  const size_t written = batch.size() - rest.size();
  const auto lines = std::count(rest.begin(), rest.end(), '\n');
  const auto own = written < added.size() ? std::count(added.begin() + written, added.end(), '\n') : 0;
  unwritten += static_cast<uint64_t>(lines - own);
  if (written < added.size()) telling = 0;
  last_error = error;
  next_notice = Clock::now() + kNoticeEvery;
  if (stopping) told = ring.dropped() + unwritten;  // a notice would be lost too
}

LogWriter::LogWriter(LogSink sink, size_t ring_bytes, Notices notices)
    : state_(std::make_shared<State>(std::move(sink), ring_bytes, std::move(notices))),
      thread_([state = state_] { state->Run(); }) {}

LogWriter::~LogWriter() { Close(kClosing); }

void LogWriter::Push(LogRing::Kind kind, std::string line) {
  bool notify = false;
  {
    const std::lock_guard lock(state_->mutex);
    state_->ring.Push(kind, std::move(line));
    // The thread is woken once, not for each line.
    notify = state_->sleeping || (state_->gathering && state_->Hurry());
    if (notify) state_->sleeping = state_->gathering = false;
  }
  if (notify) state_->wake.notify_one();
}

void LogWriter::Reopen() {
  const std::lock_guard lock(state_->mutex);
  state_->reopen = true;
  state_->wake.notify_one();
}

bool LogWriter::Flush(std::chrono::milliseconds limit) {
  std::unique_lock lock(state_->mutex);
  ++state_->flushing;
  state_->wake.notify_one();
  const bool done = state_->progress.wait_for(lock, limit, [this] { return state_->Idle() || state_->ended; });
  --state_->flushing;
  return done;
}

void LogWriter::Close(std::chrono::milliseconds limit) {
  if (!thread_.joinable()) return;
  bool ended = false;
  {
    std::unique_lock lock(state_->mutex);
    state_->stopping = true;
    state_->wake.notify_one();
    ended = state_->progress.wait_for(lock, limit, [this] { return state_->ended; });
  }
  if (ended) return thread_.join();
  state_->abandoned = true;
  thread_.detach();
}

}  // namespace starlock
