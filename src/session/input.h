#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "buffer/chain.h"

namespace starlock::session {

/// A leg's input that a dialogue has not used yet, at most kMax bytes.
///
/// Input that arrives while nothing is held stays in its chain between Offer and Keep. What is still unused at Keep is
/// copied out, so that a partial unit does not pin the slab it arrived in. Empty, it holds no memory.
class Input {
 public:
  static constexpr size_t kMax = size_t{64} * 1024;

  /// All unused bytes. Valid until the next call that is not const.
  std::string_view view() const { return arriving_ != nullptr ? arriving_->begin()->view() : std::string_view(held_); }
  bool empty() const { return view().empty(); }
  /// The input is at its limit of kMax bytes: pause reading.
  bool full() const { return view().size() >= kMax; }

  /// Adds what arrived in `in`, up to kMax; the rest stays in `in`. Until Keep, `in` may back view() and must stay
  /// valid.
  void Offer(buffer::Chain& in);
  /// Copies what is left of the offered chain, so that the chain is no longer needed.
  void Keep();
  /// Drops the first `n` bytes.
  void Use(size_t n);
  /// Drops everything and frees the memory.
  void Clear();

 private:
  std::string held_;
  buffer::Chain* arriving_ = nullptr;  ///< backs view() instead of held_; one chunk, never empty
};

}  // namespace starlock::session
