#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace starlock::buffer {

class SlabPool;

/// One aligned block of a loop's memory. Counted without atomics: a slab never leaves its loop's thread.
class Slab {
 public:
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;

 private:
  friend class SlabPool;
  friend class SlabRef;
  Slab(SlabPool* pool, uint8_t* data) : pool_(pool), data_(data) {}
  ~Slab();

  SlabPool* pool_;
  uint8_t* data_;
  size_t count_ = 0;
  Slab* next_free_ = nullptr;
};

/// A counted reference to a slab; the last one gives it back to its pool.
class SlabRef {
 public:
  SlabRef() = default;
  explicit SlabRef(Slab* slab);
  SlabRef(const SlabRef& other);
  SlabRef(SlabRef&& other) noexcept : slab_(std::exchange(other.slab_, nullptr)) {}
  SlabRef& operator=(SlabRef other) noexcept {
    std::swap(slab_, other.slab_);
    return *this;
  }
  ~SlabRef();

  explicit operator bool() const { return slab_ != nullptr; }
  uint8_t* data() const { return slab_->data_; }
  bool operator==(const SlabRef& other) const { return slab_ == other.slab_; }
  bool unique() const { return slab_ != nullptr && slab_->count_ == 1; }

 private:
  Slab* slab_ = nullptr;
};

/// A part of a slab that one owner may write to:
///
///     lo        begin            end       hi
///     | headroom | body           | tailroom |
///
/// [lo, hi) belongs to this chunk alone, so a record may be opened, sealed or grown where it lies.
/// Leaving it aborts the process: an overrun of a buffer is never survived.
class Chunk {
 public:
  Chunk() = default;
  Chunk(SlabRef slab, size_t lo, size_t begin, size_t end, size_t hi);
  Chunk(Chunk&&) noexcept = default;
  Chunk& operator=(Chunk&&) noexcept = default;
  Chunk(const Chunk&) = delete;
  Chunk& operator=(const Chunk&) = delete;

  bool empty() const { return begin_ == end_; }
  size_t size() const { return end_ - begin_; }
  size_t headroom() const { return begin_ - lo_; }
  size_t tailroom() const { return hi_ - end_; }
  uint8_t* data() { return slab_.data() + begin_; }
  const uint8_t* data() const { return slab_.data() + begin_; }
  std::span<uint8_t> tail() { return {slab_.data() + end_, tailroom()}; }
  std::string_view view() const;

  /// Drops `n` bytes at the front (they become headroom) or at the back (they become tailroom).
  void TrimFront(size_t n);
  void TrimBack(size_t n);
  /// Makes `n` bytes of headroom or of tailroom part of the body.
  void ExtendFront(size_t n);
  void ExtendBack(size_t n);
  /// Takes the first `n` bytes of the body, and all headroom, as a chunk of its own.
  Chunk SplitFront(size_t n);
  bool SharesSlabWith(const Chunk& other) const { return slab_ == other.slab_; }
  /// Moves the body of `next` behind ours where `next` begins where we end: all that was its is ours then. False:
  /// it lies elsewhere, and nothing has happened.
  bool Join(Chunk& next);

 private:
  friend class SlabPool;
  SlabRef slab_;
  size_t lo_ = 0, begin_ = 0, end_ = 0, hi_ = 0;
};

/// How long a chunk is likely to live. One chunk holds its whole slab, so those that stay are cut from other slabs than
/// those that pass: a few bytes that wait for a slow peer then don't hold the slab that every read goes through.
enum class Stay : uint8_t {
  kShort,  ///< to the end of the turn: what was just read
  kLong,   ///< until a peer moves: what is queued
};

/// The slabs of one loop: a free list of a bounded length, and for each Stay one slab from which chunks are cut one
/// behind another. Must outlive every chunk that was cut from it.
class SlabPool {
 public:
  /// `slab_size`: bytes a slab. `max_free`: how many unused slabs are kept rather than freed.
  SlabPool(size_t slab_size, size_t max_free);
  ~SlabPool();
  SlabPool(const SlabPool&) = delete;
  SlabPool& operator=(const SlabPool&) = delete;

  size_t slab_size() const { return slab_size_; }
  /// Slabs that chunks hold now, those that are being cut included while any chunk of them lives.
  size_t in_use() const;

  /// An empty chunk whose tailroom is the free rest of a slab, 64-byte aligned: at least a quarter of a slab, and at
  /// least `room` bytes, of which a slab must have as many.
  /// Pass what was filled of it to Commit before the next Reserve of that Stay, or the rest stays unused until the
  /// chunk dies.
  Chunk Reserve(Stay stay = Stay::kShort, size_t room = 0);
  /// Makes the first `n` bytes of `chunk`'s tailroom its body, and takes the rest back for the next Reserve, but for
  /// `keep` bytes of tailroom that stay the chunk's (fewer where the slab ends).
  void Commit(Chunk& chunk, size_t n, size_t keep = 0);

 private:
  friend class SlabRef;
  struct Cutting {
    SlabRef slab;
    size_t offset = 0;
  };
  SlabRef Take();
  void Release(Slab* slab);

  const size_t slab_size_;
  const size_t max_free_;
  Slab* free_ = nullptr;
  size_t free_count_ = 0;
  size_t taken_ = 0;  ///< slabs that are not in the free list
  std::array<Cutting, 2> cutting_;
};

}  // namespace starlock::buffer
