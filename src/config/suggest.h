#pragma once

#include <span>
#include <string>
#include <string_view>

namespace starlock::config {

/// How many letters must be added, left out, changed or swapped with a neighbour to make `b` of `a`
/// (Damerau-Levenshtein, optimal string alignment), upper and lower case being the same.
size_t EditDistance(std::string_view a, std::string_view b);

/// The one of `known` that `word` is most likely meant to be; empty where none is near.
std::string_view Nearest(std::string_view word, std::span<const std::string_view> known);

/// The end of a sentence about `word`: `; did you mean 'listen'?`, or, where nothing is near, `; it is one of a, b, c`.
std::string Suggestion(std::string_view word, std::span<const std::string_view> known);

/// `word` in quotation marks, short and harmless on a terminal whatever it holds.
std::string Quoted(std::string_view word);

/// `a, b or c`.
std::string Choices(std::span<const std::string_view> words);

}  // namespace starlock::config
