#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace starlock {

/// The text that a user writes for one value of an enumeration. Each enumeration has one table of these, which serves
/// both reading and printing.
template <typename T>
struct Word {
  std::string_view text;
  T value;
};

/// The text for `value`; empty if `words` has none.
template <typename T, size_t size>
constexpr std::string_view TextFor(const std::array<Word<T>, size>& words, T value) {
  for (const Word<T>& word : words) {
    if (word.value == value) return word.text;
  }
  return {};
}

}  // namespace starlock
