#include "buffer/slab.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace starlock::buffer {
namespace {

void Check(bool holds) {
  if (!holds) std::abort();
}

uint8_t* Allocate(size_t size) { return static_cast<uint8_t*>(::operator new[](size, std::align_val_t{kAlignment})); }

}  // namespace

Slab::~Slab() { ::operator delete[](data_, std::align_val_t{kAlignment}); }

SlabRef::SlabRef(Slab* slab) : slab_(slab) {
  if (slab_ != nullptr) ++slab_->count_;
}

SlabRef::SlabRef(const SlabRef& other) : SlabRef(other.slab_) {}

SlabRef::~SlabRef() {
  if (slab_ == nullptr || --slab_->count_ > 0) return;
  if (slab_->pool_ != nullptr) {
    slab_->pool_->Release(slab_);
  } else {
    delete slab_;
  }
}

Chunk::Chunk(SlabRef slab, size_t lo, size_t begin, size_t end, size_t hi)
    : slab_(std::move(slab)), lo_(lo), begin_(begin), end_(end), hi_(hi) {
  Check(lo <= begin && begin <= end && end <= hi);
}

Chunk Chunk::Alone(size_t room) { return {SlabRef(new Slab(nullptr, Allocate(room))), 0, 0, 0, room}; }

std::string_view Chunk::view() const {
  if (empty()) return {};
  return {reinterpret_cast<const char*>(data()), size()};
}

void Chunk::TrimFront(size_t n) {
  Check(n <= size());
  begin_ += n;
}

void Chunk::TrimBack(size_t n) {
  Check(n <= size());
  end_ -= n;
}

void Chunk::ExtendFront(size_t n) {
  Check(n <= headroom());
  begin_ -= n;
}

void Chunk::ExtendBack(size_t n) {
  Check(n <= tailroom());
  end_ += n;
}

Chunk Chunk::SplitFront(size_t n) {
  Check(n <= size());
  Chunk front(slab_, lo_, begin_, begin_ + n, begin_ + n);
  lo_ = begin_ = begin_ + n;
  return front;
}

bool Chunk::Join(Chunk& next) {
  if (!slab_ || !SharesSlabWith(next) || hi_ != next.lo_) return false;
  std::memmove(slab_.data() + end_, next.data(), next.size());
  end_ += next.size();
  hi_ = next.hi_;
  next = Chunk();
  return true;
}

SlabPool::SlabPool(size_t slab_size, size_t max_free) : slab_size_(AlignUp(slab_size)), max_free_(max_free) {}

SlabPool::~SlabPool() {
  for (Cutting& cutting : cutting_) cutting.slab = SlabRef();
  Check(taken_ == 0);
  while (free_ != nullptr) delete std::exchange(free_, free_->next_free_);
}

SlabRef SlabPool::Take() {
  ++taken_;
  if (free_ != nullptr) {
    --free_count_;
    return SlabRef(std::exchange(free_, free_->next_free_));
  }
  return SlabRef(new Slab(this, Allocate(slab_size_)));
}

void SlabPool::Release(Slab* slab) {
  --taken_;
  if (free_count_ == max_free_) {
    delete slab;
    return;
  }
  ++free_count_;
  slab->next_free_ = std::exchange(free_, slab);
}

size_t SlabPool::in_use() const {
  const auto is_unused = [](const Cutting& cutting) { return cutting.slab.unique(); };
  return taken_ - static_cast<size_t>(std::count_if(cutting_.begin(), cutting_.end(), is_unused));
}

Chunk SlabPool::Reserve(Stay stay, size_t room) {
  room = std::max(room, slab_size_ / 4);
  Check(room <= slab_size_);
  auto& [slab, offset] = cutting_[static_cast<size_t>(stay)];
  if (slab.unique()) offset = 0;  // every chunk cut from it is gone: start over
  if (!slab || slab_size_ - offset < room) {
    slab = SlabRef();
    slab = Take();
    offset = 0;
  }
  Chunk chunk(slab, offset, offset, offset, slab_size_);
  offset = slab_size_;
  return chunk;
}

void SlabPool::Commit(Chunk& chunk, size_t n, size_t keep) {
  chunk.ExtendBack(n);
  const bool is_long = cutting_[1].slab == chunk.slab_;
  auto& [slab, offset] = cutting_[is_long ? 1 : 0];
  Check(chunk.slab_ == slab && chunk.hi_ == slab_size_);
  offset = std::min(AlignUp(chunk.end_ + keep), slab_size_);
  chunk.hi_ = offset;
  if (chunk.empty()) {
    offset = chunk.lo_;
    chunk = Chunk();
  }
}

}  // namespace starlock::buffer
