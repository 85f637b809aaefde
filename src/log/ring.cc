#include "log/ring.h"

#include <utility>

namespace starlock {

void LogRing::Push(Kind kind, std::string line) {
  const size_t cost = CostOf(line);
  if (!MakeRoom(kind, cost)) {
    ++dropped_;
    return;
  }
  bytes_ += cost;
  (kind == Kind::kSession ? sessions_ : others_).push_back({next_sequence_++, std::move(line)});
}

// A session record never displaces another line.
bool LogRing::MakeRoom(Kind kind, size_t cost) {
  if (cost > capacity_) return false;
  while (bytes_ + cost > capacity_) {
    if (!sessions_.empty()) {
      Drop(sessions_);
    } else if (kind == Kind::kOther) {
      Drop(others_);
    } else {
      return false;
    }
  }
  return true;
}

void LogRing::Drop(Lines& lines) {
  bytes_ -= CostOf(lines.front().text);
  lines.pop_front();
  ++dropped_;
}

void LogRing::Take(std::string& batch, size_t max_bytes) {
  size_t taken = 0;
  while (!empty()) {
    const bool session =
        others_.empty() || (!sessions_.empty() && sessions_.front().sequence < others_.front().sequence);
    Lines& lines = session ? sessions_ : others_;
    const std::string& text = lines.front().text;
    if (taken > 0 && taken + text.size() > max_bytes) return;
    taken += text.size();
    batch += text;
    bytes_ -= CostOf(text);
    lines.pop_front();
  }
}

}  // namespace starlock
