#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace starlock::test::explore {

/// `c017z`, `s017z`: the mark of a client's or server's unit, unmistakable in any text.
std::string Token(char side, int n);
/// The number of the next token of `side` in `text`, from `at` on, which moves behind it; -1: there is none.
int NextToken(std::string_view text, char side, size_t& at);
/// `text` with all tokens alike.
std::string WithoutTokens(std::string text);
/// `text` on one line, without unprintable characters.
std::string Printable(std::string_view text);

}  // namespace starlock::test::explore
