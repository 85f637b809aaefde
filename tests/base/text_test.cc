#include "base/text.h"

#include <gtest/gtest.h>

namespace starlock {
namespace {

TEST(WithoutControls, ReplacesEachByOneQuestionMark) {
  EXPECT_EQ(WithoutControls("a\n\x1b[0m\x7f"), "a??[0m?");
  EXPECT_EQ(WithoutControls("\xc2\x9b"
                            "31m"),
            "?31m")
      << "C1 CSI drives a terminal too";
  EXPECT_EQ(WithoutControls("gr\xc3\xbc\xc3\x9f"
                            "e \xe2\x82\xac \xf0\x9f\x94\x92"),
            "gr\xc3\xbc\xc3\x9f"
            "e \xe2\x82\xac \xf0\x9f\x94\x92");
  EXPECT_EQ(WithoutControls("\xff\x9b\xc3"), "\xff\x9b\xc3") << "not UTF-8: left alone";
  EXPECT_EQ(WithoutControls(""), "");
}

TEST(ClipUtf8, EndsBetweenCharacters) {
  EXPECT_EQ(ClipUtf8("abc", 3), "abc");
  EXPECT_EQ(ClipUtf8("abc", 2), "ab");
  EXPECT_EQ(ClipUtf8("abc", 0), "");
  for (const std::string_view character : {"\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x94\x92"}) {
    const std::string text = "x" + std::string(character) + "y";
    for (size_t most = 1; most <= character.size(); ++most) EXPECT_EQ(ClipUtf8(text, most), "x") << most;
    EXPECT_EQ(ClipUtf8(text, 1 + character.size()), "x" + std::string(character));
    EXPECT_EQ(ClipUtf8(character, character.size() - 1), "");
  }
}

TEST(ClipUtf8, TakesBytesThatAreNotUtf8OneByOne) {
  EXPECT_EQ(ClipUtf8("\x80\x80\x80\x80\x80\x80", 4), "\x80\x80\x80\x80");
  EXPECT_EQ(ClipUtf8("ab\xe2\x82z", 3), "ab\xe2");
  EXPECT_EQ(ClipUtf8("ab\xff\xff", 3), "ab\xff");
}

TEST(FirstCharacter, IsWhole) {
  EXPECT_EQ(FirstCharacter(""), "");
  EXPECT_EQ(FirstCharacter("ab"), "a");
  EXPECT_EQ(FirstCharacter("\xe2\x82\xac"
                           "b"),
            "\xe2\x82\xac");
  EXPECT_EQ(FirstCharacter("\xe2\x82"), "\xe2");
}

TEST(InQuotes, IsShortAndHarmless) {
  EXPECT_EQ(InQuotes("a b"), "'a b'");
  EXPECT_EQ(InQuotes("a\n\x1b[0m\x7f"), "'a??[0m?'");
  EXPECT_EQ(InQuotes(std::string(60, 'x')), "'" + std::string(60, 'x') + "'");
  EXPECT_EQ(InQuotes(std::string(61, 'x')), "'" + std::string(60, 'x') + "…'");
  EXPECT_EQ(InQuotes(std::string(59, 'x') + "ü"), "'" + std::string(59, 'x') + "…'");
  EXPECT_EQ(InQuotes(std::string(58, 'x') + "ü"), "'" + std::string(58, 'x') + "ü'");
}

}  // namespace
}  // namespace starlock
