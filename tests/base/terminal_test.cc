#include "base/terminal.h"

#include <gtest/gtest.h>

namespace starlock {
namespace {

TEST(Printable, RemovesControlCharacters) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  for (const char c : Printable(all)) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << static_cast<int>(c);
}

TEST(Printable, EscapesBytesAndBackslashes) {
  EXPECT_EQ(Printable("250 OK ~"), "250 OK ~");
  EXPECT_EQ(Printable("\x1b[31m\r\n\t"), R"(\x1b[31m\x0d\x0a\x09)");
  EXPECT_EQ(Printable("\x7f\x9b\xff"), R"(\x7f\x9b\xff)");
  EXPECT_EQ(Printable(R"(\x1b)"), R"(\\x1b)");
}

TEST(Style, PaintsOnlyWithColours) {
  EXPECT_EQ(Style(false, false).Paint(Tint::kBad, "no"), "no");
  EXPECT_EQ(Style(true, false).Paint(Tint::kBad, "no"), "\x1b[31mno\x1b[0m");
}

TEST(Style, FallsBackToAscii) {
  EXPECT_EQ(Style(true, false).Glyph("✓", "ok"), "ok");
  EXPECT_EQ(Style(false, true).Glyph("✓", "ok"), "✓");
}

}  // namespace
}  // namespace starlock
