#pragma once

#include <cstddef>
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

  void Append(Chunk chunk);
  void Append(Chain chain);
  /// Copies `bytes` into the tailroom of the last chunk and, where that is full, into slabs of `pool`.
  void Copy(SlabPool& pool, std::string_view bytes, Stay stay = Stay::kShort);
  /// Appends `chain` where it will wait for long: chunks smaller than a quarter of a slab are copied, since each would
  /// hold a whole slab.
  void AppendCompact(SlabPool& pool, Chain chain);

  /// Drops the first `n` bytes.
  void Consume(size_t n);
  /// The first chunk, which is then no longer here. The chain must not be empty.
  Chunk PopFront();
  void Clear();

  /// All bytes, copied: for tests and for units that must lie in one piece.
  std::string ToString() const;

  std::vector<Chunk>::const_iterator begin() const { return chunks_.begin() + static_cast<std::ptrdiff_t>(head_); }
  std::vector<Chunk>::const_iterator end() const { return chunks_.end(); }

 private:
  void DropHead();

  std::vector<Chunk> chunks_;
  size_t head_ = 0;  ///< chunks before it have been consumed
  size_t size_ = 0;
};

}  // namespace starlock::buffer
