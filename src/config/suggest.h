#pragma once

#include <span>
#include <string>
#include <string_view>

namespace starlock::config {

/// The number of bytes to add, remove, change or swap with a neighbour to turn `a` into `b` (Damerau-Levenshtein,
/// optimal string alignment). ASCII case is ignored.
size_t EditDistance(std::string_view a, std::string_view b);

/// The one of `known` that `word` is most likely a misspelling of; empty if none is similar.
std::string_view Nearest(std::string_view word, std::span<const std::string_view> known);

/// The end of a message about `word`: `; did you mean 'listen'?`, or, if none is similar, `; expected a, b or c`.
std::string Suggestion(std::string_view word, std::span<const std::string_view> known);

/// `a, b or c`.
std::string Choices(std::span<const std::string_view> words);

}  // namespace starlock::config
