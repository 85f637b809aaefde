#include "buffer/chain.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace starlock::buffer {
namespace {

// The tailroom that a copy leaves to the next one.
constexpr size_t kRoomShort = 512;
constexpr size_t kRoomLong = 2048;

}  // namespace

Chain::Chain(Chain&& other) noexcept
    : chunks_(std::exchange(other.chunks_, {})),
      head_(std::exchange(other.head_, 0)),
      size_(std::exchange(other.size_, 0)) {}

Chain& Chain::operator=(Chain&& other) noexcept {
  chunks_ = std::exchange(other.chunks_, {});
  head_ = std::exchange(other.head_, 0);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

void Chain::Append(Chunk chunk) {
  if (chunk.empty()) return;
  size_ += chunk.size();
  chunks_.push_back(std::move(chunk));
}

void Chain::Append(Chain chain) {
  if (empty()) {
    *this = std::move(chain);
    return;
  }
  while (!chain.empty()) Append(chain.PopFront());
}

void Chain::Copy(SlabPool& pool, std::string_view bytes, Stay stay) {
  while (!bytes.empty()) {
    if (!empty() && chunks_.back().tailroom() > 0) {
      Chunk& last = chunks_.back();
      const size_t n = std::min(bytes.size(), last.tailroom());
      std::memcpy(last.tail().data(), bytes.data(), n);
      last.ExtendBack(n);
      size_ += n;
      bytes.remove_prefix(n);
      continue;
    }
    Chunk fresh = pool.Reserve(stay);
    const size_t n = std::min(bytes.size(), fresh.tailroom());
    std::memcpy(fresh.tail().data(), bytes.data(), n);
    // What has grown is likely to grow on: its chunks double.
    pool.Commit(fresh, n, stay == Stay::kShort ? kRoomShort : std::max(kRoomLong, size_));
    Append(std::move(fresh));
    bytes.remove_prefix(n);
  }
}

void Chain::AppendCompact(SlabPool& pool, Chain chain) {
  while (!chain.empty()) {
    Chunk chunk = chain.PopFront();
    if (chunk.size() < pool.slab_size() / 4) {
      Copy(pool, chunk.view(), Stay::kLong);
    } else {
      Append(std::move(chunk));
    }
  }
}

void Chain::Consume(size_t n) {
  if (n > size_) std::abort();
  while (n > 0) {
    Chunk& first = chunks_[head_];
    const size_t part = std::min(n, first.size());
    first.TrimFront(part);
    size_ -= part;
    n -= part;
    if (first.empty()) DropHead();
  }
}

Chunk Chain::PopFront() {
  if (empty()) std::abort();
  Chunk chunk = std::move(chunks_[head_]);
  size_ -= chunk.size();
  DropHead();
  return chunk;
}

void Chain::Clear() {
  chunks_ = std::vector<Chunk>();  // an idle connection holds nothing, not even the capacity
  head_ = 0;
  size_ = 0;
}

std::string Chain::ToString() const {
  std::string all;
  all.reserve(size_);
  for (const Chunk& chunk : *this) all.append(chunk.view());
  return all;
}

void Chain::DropHead() {
  chunks_[head_] = Chunk();
  ++head_;
  if (head_ == chunks_.size()) {
    Clear();
  } else if (head_ >= 32) {
    chunks_.erase(chunks_.begin(), chunks_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
}

}  // namespace starlock::buffer
