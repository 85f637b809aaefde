#include "demo/dots.h"

#include <gtest/gtest.h>

namespace starlock::demo {
namespace {

using protocol::Frame;

TEST(Dots, AreAddedWhereALineBeginsWithOne) {
  EXPECT_EQ(DotStuff("a\r\n"), "a\r\n.\r\n");
  EXPECT_EQ(DotStuff(".\r\na.b\r\n..\r\n"), "..\r\na.b\r\n...\r\n.\r\n");
}

TEST(Dots, AreRemovedAgain) {
  for (const char* message : {"", "a\r\n", ".\r\n", "..\r\n.\r\n.a\r\n", "a\r\n\r\n.b.\r\n", ".\r\n.\r\n"}) {
    EXPECT_EQ(DotUnstuff(DotStuff(message)), message);
  }
}

TEST(Dots, TheFinalLineEndsTheUnit) {
  const std::string stuffed = DotStuff("a\r\n.\r\nb\r\n");
  for (size_t size = 0; size < stuffed.size(); ++size) {
    EXPECT_EQ(CutDotStuffed(stuffed.substr(0, size)).kind, Frame::Kind::kPartial) << size;
  }
  const Frame whole = CutDotStuffed(stuffed + "QUIT\r\n");
  EXPECT_EQ(whole.kind, Frame::Kind::kWhole);
  EXPECT_EQ(whole.size, stuffed.size());
}

}  // namespace
}  // namespace starlock::demo
