#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "buffer/slab.h"

namespace starlock::buffer {

/// A queue of chunks: bytes in order, moved between layers by ownership and never copied by it.
/// An empty chain holds no memory worth speaking of.
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
  /// Copies `bytes` into the tailroom of the last chunk and, where that is full, into slabs of `pool`.
  void Copy(SlabPool& pool, std::string_view bytes, Stay stay = Stay::kShort);
  /// Appends `chain` where it will wait for long: where the chunks of one slab are less than a quarter of it, they are
  /// copied, since they would hold all of it.
  void AppendCompact(SlabPool& pool, Chain chain);

  /// Drops the first `n` bytes.
  void Consume(size_t n);
  /// The first chunk, which is then no longer here. The chain must not be empty.
  Chunk PopFront();
  /// The first `n` bytes, all of the first chunk.
  Chunk TakeFront(size_t n);
  /// The first chunk's bytes, to be changed where they lie. Of an empty chain: none.
  std::span<uint8_t> front();
  /// Makes the first `n` bytes (which must be there) lie in the first chunk and, with `room`, have that much tailroom
  /// behind them; a slab must have place for it all. Copies only what the first chunk lacks where it has the room.
  void Gather(SlabPool& pool, size_t n, size_t room = 0);
  void Clear();

  /// All bytes, copied: for tests and for units that must lie in one piece.
  std::string ToString() const;

  std::vector<Chunk>::const_iterator begin() const { return chunks_.begin() + static_cast<std::ptrdiff_t>(head_); }
  std::vector<Chunk>::const_iterator end() const { return chunks_.end(); }

 private:
  void DropHead();
  void Prepend(Chunk chunk);

  std::vector<Chunk> chunks_;
  size_t head_ = 0;  ///< chunks before it have been consumed
  size_t size_ = 0;
};

}  // namespace starlock::buffer
