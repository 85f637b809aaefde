#include "buffer/chain.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace starlock::buffer {
namespace {

// Tailroom that a copy leaves for later copies, in bytes.
constexpr size_t kRoomShort = 512;
constexpr size_t kRoomLong = 512;

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
    // A queue that has grown tends to grow further, so its chunks double.
    const bool is_long = stay == Stay::kLong;
    Chunk fresh = is_long ? Chunk::Alone(bytes.size() + std::max(kRoomLong, size_)) : pool.Reserve(stay);
    const size_t n = std::min(bytes.size(), fresh.tailroom());
    std::memcpy(fresh.tail().data(), bytes.data(), n);
    if (is_long) {
      fresh.ExtendBack(n);
    } else {
      pool.Commit(fresh, n, kRoomShort);
    }
    Append(std::move(fresh));
    bytes.remove_prefix(n);
  }
}

void Chain::AppendCompact(SlabPool& pool, Chain chain) {
  while (!chain.empty()) {
    size_t count = 0;
    size_t held = 0;
    for (const Chunk& chunk : chain) {
      if (!chunk.SharesSlabWith(*chain.begin())) break;
      held += chunk.size();
      ++count;
    }
    for (; count > 0; --count) {
      Chunk chunk = chain.PopFront();
      if (held < pool.slab_size() / 4) {
        Copy(pool, chunk.view(), Stay::kLong);
      } else {
        Append(std::move(chunk));
      }
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

Chunk Chain::TakeFront(size_t n) {
  if (empty()) std::abort();
  if (n == chunks_[head_].size()) return PopFront();
  size_ -= n;
  return chunks_[head_].SplitFront(n);
}

std::span<uint8_t> Chain::front() {
  if (empty()) return {};
  return {chunks_[head_].data(), chunks_[head_].size()};
}

void Chain::Gather(SlabPool& pool, size_t n, size_t room) {
  if (n > size_) std::abort();
  if (n == 0 || (room == 0 && front().size() >= n)) return;
  const Chunk& first = chunks_[head_];
  const bool fits = first.size() <= n && first.tailroom() >= n - first.size() + room;
  if (fits) {
    Chunk whole = PopFront();
    MoveTo(whole, n - whole.size());
    return Prepend(std::move(whole));
  }
  Chunk whole = pool.Reserve(Stay::kLong, n + room);
  CopyFront(whole.tail().first(n));
  pool.Commit(whole, n, room);
  Prepend(std::move(whole));
}

void Chain::Hold(size_t mark, size_t room) {
  if (empty()) return;
  const size_t n = size_;
  const Chunk& first = chunks_[head_];
  const bool fits = first.tailroom() >= n - first.size() + mark;
  Chunk whole = fits ? PopFront() : Chunk::Alone(n + std::max(room, mark));
  MoveTo(whole, n - whole.size());
  Prepend(std::move(whole));
}

// Appends the first `n` bytes to `whole`, which has the room.
void Chain::MoveTo(Chunk& whole, size_t n) {
  CopyFront(whole.tail().first(n));
  whole.ExtendBack(n);
}

// Consumes as many bytes as `to` has, and copies them there.
void Chain::CopyFront(std::span<uint8_t> to) {
  while (!to.empty()) {
    const std::span<const uint8_t> part = front().first(std::min(front().size(), to.size()));
    std::memcpy(to.data(), part.data(), part.size());
    to = to.subspan(part.size());
    Consume(part.size());
  }
}

void Chain::Prepend(Chunk chunk) {
  size_ += chunk.size();
  if (head_ > 0) {
    chunks_[--head_] = std::move(chunk);
  } else {
    chunks_.insert(chunks_.begin(), std::move(chunk));
  }
}

void Chain::Clear() {
  chunks_ = std::vector<Chunk>();  // an idle connection keeps no memory, not even the capacity
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
  } else if (head_ >= 32 && head_ >= chunks_.size() / 2) {  // amortised: each chunk is moved once
    chunks_.erase(chunks_.begin(), chunks_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
}

}  // namespace starlock::buffer
