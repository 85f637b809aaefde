#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

namespace starlock {

/// Log lines that wait to be written, bounded in bytes. Not thread-safe: LogWriter guards it.
///
/// A full ring drops lines and counts them. It drops the oldest session records first, because they are the bulk of a
/// log and the least useful alone. Only if none is left does it drop the oldest of the other lines.
class LogRing {
 public:
  enum class Kind : uint8_t { kSession, kOther };

  /// `capacity`: the most bytes that waiting lines occupy, with what the ring needs for each of them.
  explicit LogRing(size_t capacity) : capacity_(capacity) {}

  /// Adds a line, which includes its line end. The line may itself be dropped.
  void Push(Kind kind, std::string line);
  /// Appends the oldest lines to `batch`: as many as fit in `max_bytes`, and at least one unless the ring is empty.
  void Take(std::string& batch, size_t max_bytes);

  bool empty() const { return sessions_.empty() && others_.empty(); }
  size_t bytes() const { return bytes_; }
  /// The number of lines that were dropped so far.
  uint64_t dropped() const { return dropped_; }

 private:
  struct Line {
    uint64_t sequence;
    std::string text;
  };
  using Lines = std::deque<Line>;

  static size_t CostOf(const std::string& line) { return line.capacity() + sizeof(Line) + kAllocation; }
  static constexpr size_t kAllocation = 16;  // what the allocator adds

  void Drop(Lines& lines);
  bool MakeRoom(Kind kind, size_t cost);

  const size_t capacity_;
  Lines sessions_;
  Lines others_;
  uint64_t next_sequence_ = 0;
  size_t bytes_ = 0;
  uint64_t dropped_ = 0;
};

}  // namespace starlock
