#include "driver/pool.h"

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "driver/raw.h"

namespace starlock::bench {
namespace {

/// What a pool tells its load.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void OnAnswered(size_t number) = 0;
};

/// A connection that makes one request after another.
class Standing final : public Client {
 public:
  Standing(Loop& loop, Blocks& blocks, Target& target, const raw::Pattern& pattern, Listener*& listener, size_t number)
      : Client(loop, blocks, target), pattern_(pattern), listener_(listener), number_(number) {}

  /// Makes a request. The previous request must have been answered. `now`: the connection is open. Otherwise the
  /// request is sent once it is open.
  void Ask(const raw::Request& request, bool now) {
    request_ = request;
    out_ = request.Encode();
    if (request.what == 'P') out_.append(request.size, 'p');
    sent_ = got_ = 0;
    transfer_.emplace(pattern_, request);
    sent_all_ = request.what != 'U';
    channel().set_record(request.record != 0 ? request.record : 16384);
    busy_ = true;
    if (now) Work();
  }
  bool busy() const { return busy_; }

 private:
  Io Advance() override {
    if (!busy_) return Idle();
    Io io = channel().Flush();
    while (io == Io::kOk && sent_ < out_.size()) {
      size_t n = 0;
      io = channel().Write(std::string_view(out_).substr(sent_), n);
      sent_ += n;
    }
    if (io != Io::kOk) return io;
    bool more = false;
    if (request_.what == 'D') {
      io = transfer_->Receive(channel(), more);
      if (io == Io::kOk && !transfer_->good()) Fail("received wrong bytes");
    } else {
      if (!sent_all_) {
        io = transfer_->Send(channel(), more);
        sent_all_ = io == Io::kOk;
      }
      if (sent_all_) io = TakeReply();
    }
    if (more) set_more();
    return io;
  }

  Io TakeReply() {
    const size_t size = request_.what == 'U' ? raw::kGood.size() : request_.size;
    std::array<char, 512> piece;  // NOLINT(cppcoreguidelines-pro-type-member-init): only what was read is used
    while (got_ < size) {
      size_t n = 0;
      const Io io = channel().Read(std::span(piece).first(std::min(piece.size(), size - got_)), n);
      if (io != Io::kOk) return io;
      const std::string_view read(piece.data(), n);
      const bool good = request_.what == 'U' ? read == raw::kGood.substr(got_, n)
                                             : read.find_first_not_of('p') == std::string_view::npos;
      if (!good) Fail("received a wrong answer");
      got_ += n;
    }
    return Io::kOk;
  }

  /// Between requests, only TLS session tickets may arrive.
  Io Idle() {
    char byte = 0;
    size_t n = 0;
    const Io io = channel().Read({&byte, 1}, n);
    return io == Io::kOk ? Io::kFailed : io;
  }

  void OnDone() override {
    busy_ = false;
    std::string().swap(out_);
    transfer_.reset();
    listener_->OnAnswered(number_);
  }
  const char* Where() const override { return busy_ ? "a transfer or exchange" : "an idle connection"; }

  const raw::Pattern& pattern_;
  Listener*& listener_;
  size_t number_;
  raw::Request request_;
  std::string out_;
  size_t sent_ = 0;
  size_t got_ = 0;
  bool sent_all_ = true;
  bool busy_ = false;
  std::optional<raw::Transfer> transfer_;
};

/// Connections that are opened at most 32 at a time. The constructor returns when all are open.
class Pool final : public Listener {
 public:
  Pool(Target& target, size_t size) : target_(target), size_(size) {
    clients_.reserve(size);
    while (clients_.size() < std::min<size_t>(size, 32)) Open();
    while (standing_ < size_) loop_.Turn(std::chrono::seconds(30));
  }

  void OnAnswered(size_t /*number*/) override {
    ++standing_;
    if (clients_.size() < size_) Open();
  }

  void set_listener(Listener* listener) { listener_ = listener; }
  Standing& at(size_t number) { return *clients_[number]; }
  size_t size() const { return size_; }
  Loop& loop() { return loop_; }

 private:
  void Open() {
    clients_.push_back(std::make_unique<Standing>(loop_, blocks_, target_, pattern_, listener_, clients_.size()));
    clients_.back()->Ask({'P', false, 0, 1}, false);
  }

  Loop loop_;
  Blocks blocks_;
  raw::Pattern pattern_;
  Target& target_;
  size_t size_;
  size_t standing_ = 0;
  Listener* listener_ = this;
  std::vector<std::unique_ptr<Standing>> clients_;
};

class Bulk final : public Listener {
 public:
  Bulk(Pool& pool, const BulkOrder& order) : pool_(pool), order_(order) {}

  void Run() {
    pool_.set_listener(this);
    raw::Request request{order_.what, order_.check, order_.record, order_.bytes / order_.connections};
    for (size_t i = 0; i < pool_.size(); ++i) pool_.at(i).Ask(request, true);
    while (done_ < pool_.size()) pool_.loop().Turn(std::chrono::seconds(30));
  }

  void OnAnswered(size_t /*number*/) override { ++done_; }

 private:
  Pool& pool_;
  const BulkOrder& order_;
  size_t done_ = 0;
};

class Latency final : public Listener {
 public:
  Latency(Pool& pool, const LatencyOrder& order) : pool_(pool), order_(order), due_(pool.size()) {
    waits_.reserve(order.count);
    lags_.reserve(order.count);
  }

  void Run() {
    pool_.set_listener(this);
    const auto begun = Clock::now();
    const std::chrono::nanoseconds apart(1'000'000'000 / order_.rate);
    // Consecutive requests use connections that are far apart, so that no table in memory favours them.
    const size_t stride = pool_.size() > 7919 ? 7919 : 1;
    size_t next = 0;
    for (uint64_t i = 0; i < order_.count; ++i) {
      const auto due = begun + apart * i;
      for (auto now = Clock::now(); now < due; now = Clock::now()) pool_.loop().Turn(due - now);
      lags_.emplace_back(Clock::now() - due);
      due_[next].push_back(due);
      if (!pool_.at(next).busy()) Ask(next);
      next = (next + stride) % pool_.size();
    }
    while (waits_.size() < order_.count) pool_.loop().Turn(std::chrono::seconds(30));
  }

  void OnAnswered(size_t number) override {
    waits_.emplace_back(Clock::now() - due_[number].front());
    due_[number].pop_front();
    if (!due_[number].empty()) Ask(number);
  }

  static double Percentile(std::vector<Clock::duration> all, double part) {
    std::sort(all.begin(), all.end());
    const auto at = static_cast<size_t>(part * static_cast<double>(all.size() - 1));
    return std::chrono::duration<double, std::micro>(all[at]).count();
  }

  nlohmann::json Result() const {
    return {{"p50", Percentile(waits_, 0.5)},
            {"p99", Percentile(waits_, 0.99)},
            {"p999", Percentile(waits_, 0.999)},
            {"lag_p50", Percentile(lags_, 0.5)},
            {"lag_p99", Percentile(lags_, 0.99)}};
  }

 private:
  void Ask(size_t number) { pool_.at(number).Ask({'P', false, 0, order_.size}, true); }

  Pool& pool_;
  const LatencyOrder& order_;
  std::vector<std::deque<Clock::time_point>> due_;
  std::vector<Clock::duration> waits_;
  std::vector<Clock::duration> lags_;
};

/// Runs `load` after the parent process said so, and measures it.
template <typename Load>
nlohmann::json Measure(Target& target, Load& load) {
  Rendezvous();
  const auto begun = Clock::now();
  const double cpu = CpuSeconds();
  load.Run();
  const std::chrono::duration<double> seconds = Clock::now() - begun;
  return {{"seconds", seconds.count()}, {"load_cpu", CpuSeconds() - cpu}, {"agreed", target.agreed}};
}

}  // namespace

nlohmann::json RunBulk(Target& target, const BulkOrder& order) {
  Pool pool(target, order.connections);
  Bulk bulk(pool, order);
  return Measure(target, bulk);
}

nlohmann::json RunLatency(Target& target, const LatencyOrder& order) {
  Pool pool(target, order.connections);
  Latency latency(pool, order);
  nlohmann::json result = Measure(target, latency);
  result.update(latency.Result());
  return result;
}

nlohmann::json RunIdle(Target& target, uint64_t connections) {
  const Pool pool(target, connections);
  Rendezvous();
  return {{"agreed", target.agreed}};
}

}  // namespace starlock::bench
