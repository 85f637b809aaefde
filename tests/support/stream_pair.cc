#include "support/stream_pair.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace starlock::test {

struct PairEnd::Wire {
  std::string all;       ///< that was ever written
  size_t delivered = 0;  ///< of these; the rest is on its way
  bool ended = false;    ///< FIN behind the bytes
  bool reset = false;    ///< RST, or the writer is gone without a word
  bool reader_gone = false;
  StreamPair::Tamper tamper;

  size_t on_its_way() const { return all.size() - delivered; }
};

bool FakeLoop::Run() {
  for (int turns = 0; turns < 2'000'000; ++turns) {
    if (!Turn()) return true;
  }
  return false;
}

bool FakeLoop::Turn() {
  bool happened = false;
  for (size_t i = 0; i < ends_.size(); ++i) happened = ends_[i]->Step() || happened;
  std::deque<std::function<void()>> tasks;
  std::swap(tasks, tasks_);
  for (auto& task : tasks) task();
  return happened || !tasks.empty();
}

PairEnd::PairEnd(FakeLoop& loop, PairOptions options, std::shared_ptr<Wire> out, std::shared_ptr<Wire> in)
    : loop_(loop), options_(std::move(options)), out_(std::move(out)), in_(std::move(in)) {
  loop_.ends_.push_back(this);
}

PairEnd::~PairEnd() {
  std::erase(loop_.ends_, this);
  in_->reader_gone = true;
  // A socket that is closed with all sent says FIN.
  if (!closed_ && queue_.empty()) out_->ended = true;
  if (!closed_ && !queue_.empty()) out_->reset = true;
}

void PairEnd::SetHandler(buffer::StreamHandler* handler) {
  handler_ = handler;
  if (handler == nullptr) reading_ = false;
}

bool PairEnd::Write(buffer::Chain bytes) {
  if (ending_ || closed_) return true;
  queue_.Append(std::move(bytes));
  Drain();
  blocked_ = blocked_ || queue_.size() > options_.high_mark;
  return queue_.size() <= options_.high_mark;
}

void PairEnd::End(buffer::StreamEnd end) {
  if (end != buffer::StreamEnd::kClean) std::abort();  // a plain socket's reset: nobody here asks for it
  ending_ = true;
}

void PairEnd::Abort() {
  out_->reset = true;
  in_->reader_gone = true;
  queue_.Clear();
  pending_.Clear();
  closed_ = true;
}

bool PairEnd::Drain() {
  bool moved = false;
  while (!queue_.empty() && out_->on_its_way() < options_.kernel) {
    const std::string_view first = queue_.begin()->view();
    std::string piece(first.substr(0, options_.kernel - out_->on_its_way()));
    queue_.Consume(piece.size());
    if (out_->tamper) out_->tamper(piece, out_->all.size());
    out_->all += piece;
    moved = true;
  }
  if (queue_.empty() && ending_) moved = !std::exchange(out_->ended, true) || moved;
  return moved;
}

bool PairEnd::Deliver() {
  if (!reading_ || handler_ == nullptr || in_->on_its_way() == 0) return false;
  size_t n = std::min(in_->on_its_way(), options_.segment);
  for (const size_t cut : options_.cuts) {
    if (cut > in_->delivered) n = std::min(n, cut - in_->delivered);
  }
  pending_.Copy(loop_.pool(), std::string_view(in_->all).substr(in_->delivered, n));
  in_->delivered += n;
  handler_->OnData(pending_);
  if (!pending_.empty() && reading_) std::abort();  // the contract: switch reading off first
  return true;
}

void PairEnd::Closed(const Error& error) {
  closed_ = true;
  if (handler_ != nullptr) handler_->OnClosed(error);
}

bool PairEnd::Finish() {
  if (!end_seen_ && reading_ && handler_ != nullptr && in_->on_its_way() == 0 && in_->ended) {
    end_seen_ = true;
    handler_->OnEnd(buffer::StreamEnd::kClean);
    return true;
  }
  if (end_seen_ && ending_ && queue_.empty()) {
    Closed({});
    return true;
  }
  return false;
}

bool PairEnd::Step() {
  if (closed_) return false;
  if ((in_->reset && in_->on_its_way() == 0) || (out_->reader_gone && out_->on_its_way() > 0)) {
    Closed({ErrorCode::kReset, "connection reset by peer"});
    return true;
  }
  const bool moved = Drain();
  if (blocked_ && queue_.size() <= options_.low_mark) {
    blocked_ = false;
    if (handler_ != nullptr) handler_->OnWritable();
    return true;
  }
  return Deliver() || Finish() || moved;
}

StreamPair::StreamPair(FakeLoop& loop, const PairOptions& options)
    : forth_(std::make_shared<PairEnd::Wire>()), back_(std::make_shared<PairEnd::Wire>()) {
  a.reset(new PairEnd(loop, options, forth_, back_));
  b.reset(new PairEnd(loop, options, back_, forth_));
}

const std::string& StreamPair::a_to_b() const { return forth_->all; }
const std::string& StreamPair::b_to_a() const { return back_->all; }
void StreamPair::TamperWithAToB(Tamper tamper) { forth_->tamper = std::move(tamper); }
void StreamPair::TamperWithBToA(Tamper tamper) { back_->tamper = std::move(tamper); }

}  // namespace starlock::test
