#include "session/input.h"

#include <algorithm>

namespace starlock::session {

void Input::Offer(buffer::Chain& in) {
  if (held_.empty() && in.chunks() == 1 && in.size() < kMax) {
    arriving_ = &in;
    return;
  }
  while (!in.empty() && held_.size() < kMax) {
    const std::string_view first = in.begin()->view();
    const size_t n = std::min(first.size(), kMax - held_.size());
    held_.append(first.substr(0, n));
    in.Consume(n);
  }
}

void Input::Keep() {
  if (arriving_ == nullptr) return;
  held_ = view();
  arriving_->Consume(arriving_->size());
  arriving_ = nullptr;
}

void Input::Use(size_t n) {
  if (n == view().size()) {
    Clear();
  } else if (arriving_ != nullptr) {
    arriving_->Consume(n);
  } else {
    held_.erase(0, n);
  }
}

void Input::Clear() {
  if (arriving_ != nullptr) arriving_->Consume(arriving_->size());
  arriving_ = nullptr;
  std::string().swap(held_);  // an assignment would keep the memory
}

}  // namespace starlock::session
