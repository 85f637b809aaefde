#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "buffer/slab.h"

namespace starlock::buffer {

/// A queue of chunks: bytes in order. Moving chunks between layers moves their ownership; only Copy, AppendCompact and
/// Gather copy bytes. An empty chain holds no heap memory.
class Chain {
 public:
  Chain() = default;
  Chain(Chain&&) noexcept;
  Chain& operator=(Chain&&) noexcept;
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;

  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  size_t chunks() const { return chunks_.size() - head_; }

  void Append(Chunk chunk);
  void Append(Chain chain);
  /// Copies `bytes` into the tailroom of the last chunk and, once that is full, into new chunks: from `pool`, or for
  /// Stay::kLong into memory of their own size.
  void Copy(SlabPool& pool, std::string_view bytes, Stay stay = Stay::kShort);
  /// Appends a `chain` that will wait for long. Chunks pin their whole slab, so those that use less than a quarter of
  /// it are copied to chunks of their own size.
  void AppendCompact(SlabPool& pool, Chain chain);

  /// Drops the first `n` bytes.
  void Consume(size_t n);
  /// Removes and returns the first chunk. The chain must not be empty.
  Chunk PopFront();
  /// Removes and returns the first `n` bytes, which must be in the first chunk.
  Chunk TakeFront(size_t n);
  /// The first chunk's bytes, writable. Empty if the chain is.
  std::span<uint8_t> front();
  /// Makes the first `n` bytes contiguous in the first chunk, with at least `room` bytes of tailroom. The chain must
  /// have `n` bytes, and `n + room` must fit a slab. If the first chunk has the space, only the missing bytes are
  /// copied.
  void Gather(SlabPool& pool, size_t n, size_t room = 0);
  /// Makes all bytes contiguous in one chunk, to which at least `mark` more bytes can be appended, and which pins no
  /// more than that. If the first chunk has the space, only the missing bytes are copied. Otherwise everything is
  /// copied to a new chunk with `room` bytes of tailroom.
  void Hold(size_t mark, size_t room);
  void Clear();

  /// All bytes, copied.
  std::string ToString() const;

  std::vector<Chunk>::const_iterator begin() const { return chunks_.begin() + static_cast<std::ptrdiff_t>(head_); }
  std::vector<Chunk>::const_iterator end() const { return chunks_.end(); }

 private:
  void DropHead();
  void Prepend(Chunk chunk);
  void MoveTo(Chunk& whole, size_t n);
  void CopyFront(std::span<uint8_t> to);

  std::vector<Chunk> chunks_;
  size_t head_ = 0;  ///< index of the first chunk; those before it are consumed
  size_t size_ = 0;
};

}  // namespace starlock::buffer
