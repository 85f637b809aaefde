#include "protocol/core/harmless.h"

#include <gtest/gtest.h>

#include <string>

namespace starlock::protocol {
namespace {

TEST(IsPlainLine, IsOneLineOfPrintableAscii) {
  EXPECT_TRUE(IsPlainLine("NOOP\r\n"));
  EXPECT_TRUE(IsPlainLine("\r\n"));
  EXPECT_TRUE(IsPlainLine("EHLO ~ {12}\r\n"));
  for (const std::string line : {"NOOP\tx\r\n", "NOOP \x7f\r\n", "NOOP \xc3\xa9\r\n", "NOOP\r\nNOOP\r\n", "NOOP\n",
                                 "NOOP", "NOOP\n\r\n", "NOOP\r\r\n", "\n", ""}) {
    EXPECT_FALSE(IsPlainLine(line)) << line;
  }
  EXPECT_FALSE(IsPlainLine(std::string("NO\0OP\r\n", 7)));
}

TEST(IsPlainLine, HasAtMost255Bytes) {
  EXPECT_TRUE(IsPlainLine(std::string(253, 'x') + "\r\n"));
  EXPECT_FALSE(IsPlainLine(std::string(254, 'x') + "\r\n"));
}

TEST(IsExactly, IgnoresCaseAndNothingElse) {
  EXPECT_TRUE(IsExactly("CAPA\r\n", {"NOOP", "CAPA"}));
  EXPECT_TRUE(IsExactly("capa\r\n", {"NOOP", "CAPA"}));
  for (const std::string line :
       {"CAPA \r\n", " CAPA\r\n", "CAPA x\r\n", "CAP\r\n", "CAPA", "CAPA\n", "CAPA\r\n\r\n", ""}) {
    EXPECT_FALSE(IsExactly(line, {"NOOP", "CAPA"})) << line;
  }
}

TEST(TakeExactly, TakesAWordAndOneSpace) {
  std::string_view line = "ehlo me\r\n";
  EXPECT_TRUE(TakeExactly(line, {"HELO", "EHLO"}));
  EXPECT_EQ(line, "me\r\n");
  for (const std::string other : {"EHLO\r\n", "EHLOX y\r\n", " EHLO x\r\n", "EHLO\tx\r\n", ""}) {
    line = other;
    EXPECT_FALSE(TakeExactly(line, {"HELO", "EHLO"})) << other;
    EXPECT_EQ(line, other);
  }
}

TEST(TakePlainTag, TakesAtMost32Characters) {
  std::string_view line = "a.1-_Z NOOP\r\n";
  EXPECT_TRUE(TakePlainTag(line));
  EXPECT_EQ(line, "NOOP\r\n");
  const std::string longest = std::string(32, 'a') + " x";
  line = longest;
  EXPECT_TRUE(TakePlainTag(line));
  for (const std::string& other : {std::string(33, 'a') + " x", std::string(" x"), std::string("a{1} x"),
                                   std::string("a"), std::string("a* x"), std::string("")}) {
    line = other;
    EXPECT_FALSE(TakePlainTag(line)) << other;
  }
}

}  // namespace
}  // namespace starlock::protocol
