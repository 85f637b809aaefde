#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "buffer/executor.h"
#include "buffer/slab.h"
#include "buffer/stream.h"

namespace starlock::test {

class PairEnd;

/// A loop without a clock or a kernel: it turns until nothing is left to happen, always in the same order.
class FakeLoop : public buffer::Executor {
 public:
  explicit FakeLoop(size_t slab_size = 65536) : pool_(slab_size, 4) {}

  void Defer(std::function<void()> task) override { tasks_.push_back(std::move(task)); }
  /// Turns until all is quiet. False: it never was, within a great many turns.
  bool Run();
  buffer::SlabPool& pool() { return pool_; }

 private:
  friend class PairEnd;
  bool Turn();

  buffer::SlabPool pool_;
  std::deque<std::function<void()>> tasks_;
  std::vector<PairEnd*> ends_;
};

struct PairOptions {
  size_t segment = 1 << 20;       ///< most bytes that one OnData brings
  std::vector<size_t> cuts = {};  ///< offsets of a direction's bytes that no OnData crosses
  size_t kernel = 1 << 30;        ///< bytes a direction holds between the two ends
  size_t high_mark = 256 * 1024;  ///< of the writer's queue
  size_t low_mark = 64 * 1024;
};

/// One end of a connection in memory that keeps buffer::Stream's contract to the letter, and aborts where its user
/// breaks it.
class PairEnd final : public buffer::Stream {
 public:
  ~PairEnd() override;

  void SetHandler(buffer::StreamHandler* handler) override;
  void SetReading(bool on) override { reading_ = on; }
  bool Write(buffer::Chain bytes) override;
  void End(buffer::StreamEnd end) override;
  void Abort() override;
  size_t queued() const override { return queue_.size(); }

  bool reading() const { return reading_; }

 private:
  friend class FakeLoop;
  friend class StreamPair;
  struct Wire;  ///< what lies between the two ends, one a direction

  PairEnd(FakeLoop& loop, PairOptions options, std::shared_ptr<Wire> out, std::shared_ptr<Wire> in);
  bool Step();
  bool Drain();
  bool Deliver();
  bool Finish();
  void Closed(const Error& error);

  FakeLoop& loop_;
  const PairOptions options_;
  std::shared_ptr<Wire> out_, in_;
  buffer::StreamHandler* handler_ = nullptr;
  buffer::Chain queue_, pending_;
  bool reading_ = false, blocked_ = false, ending_ = false, end_seen_ = false, closed_ = false;
};

/// The two ends, and what an eavesdropper between them can do.
class StreamPair {
 public:
  StreamPair(FakeLoop& loop, const PairOptions& options);

  std::unique_ptr<PairEnd> a, b;

  /// All bytes that ever went from a to b, and from b to a.
  const std::string& a_to_b() const;
  const std::string& b_to_a() const;
  /// Called with each piece on its way, which it may change, with its offset in the direction.
  using Tamper = std::function<void(std::string& bytes, size_t offset)>;
  void TamperWithAToB(Tamper tamper);
  void TamperWithBToA(Tamper tamper);

 private:
  std::shared_ptr<PairEnd::Wire> forth_, back_;
};

}  // namespace starlock::test
