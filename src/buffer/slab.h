#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace starlock::buffer {

class SlabPool;

/// The alignment of slabs and of reads into them, in bytes: a cache line. memcpy is ten times slower when source and
/// destination differ by a few bytes modulo a page; this keeps reads and the kernel's copies off that path.
inline constexpr size_t kAlignment = 64;

/// The next multiple of kAlignment.
constexpr size_t AlignUp(size_t n) { return (n + kAlignment - 1) / kAlignment * kAlignment; }

/// One aligned block of a loop's memory. Its reference count is not atomic: a slab never leaves its loop's thread.
class Slab {
 public:
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;

 private:
  friend class Chunk;
  friend class SlabPool;
  friend class SlabRef;
  Slab(SlabPool* pool, uint8_t* data) : pool_(pool), data_(data) {}
  ~Slab();

  SlabPool* pool_;  ///< nullptr: made by Chunk::Alone, and freed with its chunk
  uint8_t* data_;
  size_t count_ = 0;
  Slab* next_free_ = nullptr;
};

/// A counted reference to a slab. The last one returns the slab to its pool.
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

/// A part of a slab that one owner may write:
///
///     lo        begin            end       hi
///     | headroom | body           | tailroom |
///
/// [lo, hi) belongs to this chunk alone, so a TLS record can be opened, sealed or extended in place. An attempt to
/// leave that range aborts the process.
class Chunk {
 public:
  Chunk() = default;
  Chunk(SlabRef slab, size_t lo, size_t begin, size_t end, size_t hi);
  /// An empty chunk in a slab of its own, with `room` bytes of tailroom. For bytes that wait for long: it pins no more
  /// memory than its size.
  static Chunk Alone(size_t room);
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
  /// Splits off the first `n` bytes of the body, with all headroom, as another chunk.
  Chunk SplitFront(size_t n);
  bool SharesSlabWith(const Chunk& other) const { return slab_ == other.slab_; }
  /// Moves the body of `next` directly after ours, and takes over its range, if `next` begins in the slab where our
  /// range ends. False: it does not, and nothing has changed.
  bool Join(Chunk& next);

 private:
  friend class SlabPool;
  SlabRef slab_;
  size_t lo_ = 0, begin_ = 0, end_ = 0, hi_ = 0;
};

/// How long a chunk is likely to live. A chunk pins its whole slab, so long-lived chunks come from slabs of their own:
/// a few bytes that wait for a slow peer do not pin the slab that every read uses.
enum class Stay : uint8_t {
  kShort,  ///< until the end of the turn: what was just read
  kLong,   ///< until a peer reads or writes: what is queued
};

/// The slabs of one loop: a free list of bounded length, and for each Stay one slab from which chunks are cut in
/// sequence. Must outlive its chunks.
class SlabPool {
 public:
  /// `slab_size`: bytes per slab, rounded up to kAlignment. `max_free`: how many unused slabs are kept instead of
  /// freed.
  SlabPool(size_t slab_size, size_t max_free);
  ~SlabPool();
  SlabPool(const SlabPool&) = delete;
  SlabPool& operator=(const SlabPool&) = delete;

  size_t slab_size() const { return slab_size_; }
  /// Slabs that at least one chunk refers to.
  size_t in_use() const;

  /// An empty chunk whose tailroom is the free rest of a slab, aligned to kAlignment: at least a quarter of a slab and
  /// at least `room` bytes (at most a slab). Call Commit before the next Reserve with the same Stay; otherwise the rest
  /// of the slab stays unused until the chunk is destroyed.
  Chunk Reserve(Stay stay = Stay::kShort, size_t room = 0);
  /// Turns the first `n` bytes of the tailroom into body. The chunk keeps `keep` bytes of tailroom (fewer at the slab's
  /// end); the rest returns to the pool.
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
