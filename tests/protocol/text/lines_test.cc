#include "protocol/text/lines.h"

#include <gtest/gtest.h>

#include <string>

#include "resumed.h"
#include "show_frame.h"

namespace starlock::test {
namespace {

using namespace protocol;  // NOLINT(google-build-using-namespace)

using std::string_view_literals::operator""sv;

// Whatever cuts these, all tests below see it byte by byte too.
Frame Line(std::string_view in) {
  return Resumed(in, [](std::string_view some, Scan& scan) { return protocol::CutLine(some, scan); });
}
Frame Reply(std::string_view in) {
  return Resumed(in, [](std::string_view some, Scan& scan) { return protocol::CutSmtpReply(some, scan); });
}
TEST(CutLine, EndsAtTheFirstCrLf) {
  EXPECT_EQ(Show(Line("a\r\n")), "whole 3");
  EXPECT_EQ(Show(Line("\r\n")), "whole 2");
  EXPECT_EQ(Show(Line("a\r\nb\n\0"sv)), "whole 3");
  EXPECT_EQ(Show(Line("\x80\xff\t\r\n")), "whole 5");
}

TEST(CutLine, IsPartialWhileItMayStillEndWell) {
  EXPECT_EQ(Show(Line("")), "partial");
  EXPECT_EQ(Show(Line("a")), "partial");
  EXPECT_EQ(Show(Line("a\r")), "partial");
}

TEST(CutLine, NeverRepairs) {
  EXPECT_EQ(Show(Line("a\n")), "bad");
  EXPECT_EQ(Show(Line("\na\r\n")), "bad");
  EXPECT_EQ(Show(Line("a\rb")), "bad");
  EXPECT_EQ(Show(Line("a\r\r\n")), "bad");
  EXPECT_EQ(Show(Line("a\r\0"sv)), "bad");
  EXPECT_EQ(Show(Line("a\0"sv)), "bad");
  EXPECT_EQ(Show(Line("a\0b\r\n"sv)), "bad");
}

// What is wrong with a line does not depend on how much of it has come.
TEST(CutLine, ABadLineIsBadAsSoonAsItShows) {
  for (const std::string_view line : {"ab\ncd\r\n"sv, "ab\rcd\r\n"sv, "ab\0cd\r\n"sv}) {
    for (size_t size = 0; size <= line.size(); ++size) {
      const size_t shows = line[2] == '\r' ? 4 : 3;
      EXPECT_EQ(Show(Line(line.substr(0, size))), size < shows ? "partial" : "bad") << size;
    }
  }
}

TEST(CutSmtpReply, TakesAllItsLines) {
  EXPECT_EQ(Show(Reply("220 hi\r\n250 x\r\n")), "whole 8");
  EXPECT_EQ(Show(Reply("250-a\r\n250-b\r\n250 c\r\n")), "whole 21");
  EXPECT_EQ(Show(Reply("250-a\r\n250\r\n")), "whole 12");
  EXPECT_EQ(Show(Reply("250-\r\n250 \r\n")), "whole 12");
  EXPECT_EQ(Show(Reply("250\r\n")), "whole 5");
}

TEST(CutSmtpReply, WaitsForTheLastOne) {
  const std::string_view reply = "250-a\r\n250-b\r\n250 c\r\n";
  for (size_t size = 0; size < reply.size(); ++size) {
    EXPECT_EQ(Show(Reply(reply.substr(0, size))), "partial") << size;
  }
}

TEST(CutSmtpReply, RefusesWhatIsNoReply) {
  for (const std::string_view bad :
       {"\r\n", "25\r\n", "2 50\r\n", "abc def\r\n", "250x\r\n", "2500 x\r\n", "250\tx\r\n", "250-a\r\n251 b\r\n",
        "250-a\r\n\r\n", "250-a\r\n250b\r\n", "250 a\n", "250-a\n250 b\r\n", " 250 a\r\n"}) {
    EXPECT_EQ(Show(Reply(bad)), "bad") << bad;
  }
  EXPECT_EQ(Show(Reply("250 a\0b\r\n"sv)), "bad");
}

TEST(EqualsNoCase, FoldsAsciiAlone) {
  EXPECT_TRUE(EqualsNoCase("StartTLS", "STARTtls"));
  EXPECT_TRUE(EqualsNoCase("", ""));
  EXPECT_FALSE(EqualsNoCase("STARTTLS", "STARTTL"));
  EXPECT_FALSE(EqualsNoCase("[", "{"));
  EXPECT_FALSE(EqualsNoCase("\xc4", "\xe4"));
}

TEST(TakeWord, LeavesWhatFollowsTheBlanks) {
  std::string_view text = "one \t two three";
  EXPECT_EQ(TakeWord(text), "one");
  EXPECT_EQ(text, "two three");
  EXPECT_EQ(TakeWord(text), "two");
  EXPECT_EQ(TakeWord(text), "three");
  EXPECT_EQ(TakeWord(text), "");
}

TEST(Content, DropsTheEndAndTheBlanksBeforeIt) {
  EXPECT_EQ(Content("a b \t\r\n"), "a b");
  EXPECT_EQ(Content(" \r\n"), "");
  EXPECT_EQ(Content(""), "");
}

// The first line says whether the unit is that line or a dotted list.
Frame ByFirstLine(std::string_view in) {
  return Resumed(in, [](std::string_view some, Scan& scan) {
    return CutByFirstLine(
        some, scan, [](std::string_view text, Scan& of_line) { return CutLine(text, of_line); },
        [](std::string_view line) { return line == "list\r\n"; }, CutDotted);
  });
}

TEST(CutByFirstLine, EndsWithThatLineOrWithItsList) {
  EXPECT_EQ(Show(ByFirstLine("one\r\nlist\r\n.\r\n")), "whole 5");
  EXPECT_EQ(Show(ByFirstLine("list\r\na\r\n.\r\none\r\n")), "whole 12");
  EXPECT_EQ(Show(ByFirstLine("list\r\n.\r\n")), "whole 9");
  EXPECT_EQ(Show(ByFirstLine("list\r\na\r\n")), "partial");
  EXPECT_EQ(Show(ByFirstLine("lis")), "partial");
  EXPECT_EQ(Show(ByFirstLine("list\n")), "bad");
}

TEST(CutByFirstLine, ScansNoByteTwice) {
  Scan scan;
  const auto plain = [](std::string_view text, Scan& of_line) { return CutLine(text, of_line); };
  const auto never = [](std::string_view) { return false; };
  EXPECT_EQ(Show(CutByFirstLine("a long line", scan, plain, never, CutDotted)), "partial");
  EXPECT_EQ(scan.looked, 11U);
  EXPECT_EQ(scan.line, 0U);
}

TEST(Lines, OfAUnit) {
  EXPECT_EQ(LinesOf("a\r\n\r\nb\r\n"), (std::vector<std::string_view>{"a\r\n", "\r\n", "b\r\n"}));
  EXPECT_TRUE(LinesOf("").empty());
  std::string_view text = "a\r\nb\r\n";
  EXPECT_EQ(TakeLine(text), "a\r\n");
  EXPECT_EQ(text, "b\r\n");
}

TEST(Lines, CodeOfAReply) {
  EXPECT_EQ(CodeOf("000\r\n"), 0);
  EXPECT_EQ(CodeOf("250-x\r\n"), 250);
  EXPECT_EQ(CodeOf("999 x\r\n"), 999);
}

}  // namespace
}  // namespace starlock::test
