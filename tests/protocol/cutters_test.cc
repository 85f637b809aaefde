#include "protocol/cutters.h"

#include <gtest/gtest.h>

#include <string>

namespace starlock::protocol {
namespace {

using std::string_view_literals::operator""sv;

std::string Show(const Frame& frame) {
  switch (frame.kind) {
    case Frame::Kind::kIdle:
      return "idle";
    case Frame::Kind::kPartial:
      return "partial";
    case Frame::Kind::kWhole:
      return "whole " + std::to_string(frame.size);
    case Frame::Kind::kBad:
      break;
  }
  return "bad";
}

TEST(CutLine, EndsAtTheFirstCrLf) {
  EXPECT_EQ(Show(CutLine("a\r\n")), "whole 3");
  EXPECT_EQ(Show(CutLine("\r\n")), "whole 2");
  EXPECT_EQ(Show(CutLine("a\r\nb\n\0"sv)), "whole 3");
  EXPECT_EQ(Show(CutLine("\x80\xff\t\r\n")), "whole 5");
}

TEST(CutLine, IsPartialWhileItMayStillEndWell) {
  EXPECT_EQ(Show(CutLine("")), "partial");
  EXPECT_EQ(Show(CutLine("a")), "partial");
  EXPECT_EQ(Show(CutLine("a\r")), "partial");
}

TEST(CutLine, NeverRepairs) {
  EXPECT_EQ(Show(CutLine("a\n")), "bad");
  EXPECT_EQ(Show(CutLine("\na\r\n")), "bad");
  EXPECT_EQ(Show(CutLine("a\rb")), "bad");
  EXPECT_EQ(Show(CutLine("a\r\r\n")), "bad");
  EXPECT_EQ(Show(CutLine("a\r\0"sv)), "bad");
  EXPECT_EQ(Show(CutLine("a\0"sv)), "bad");
  EXPECT_EQ(Show(CutLine("a\0b\r\n"sv)), "bad");
}

// What is wrong with a line does not depend on how much of it has come.
TEST(CutLine, ABadLineIsBadAsSoonAsItShows) {
  for (const std::string_view line : {"ab\ncd\r\n"sv, "ab\rcd\r\n"sv, "ab\0cd\r\n"sv}) {
    for (size_t size = 0; size <= line.size(); ++size) {
      const size_t shows = line[2] == '\r' ? 4 : 3;
      EXPECT_EQ(Show(CutLine(line.substr(0, size))), size < shows ? "partial" : "bad") << size;
    }
  }
}

TEST(CutSmtpReply, TakesAllItsLines) {
  EXPECT_EQ(Show(CutSmtpReply("220 hi\r\n250 x\r\n")), "whole 8");
  EXPECT_EQ(Show(CutSmtpReply("250-a\r\n250-b\r\n250 c\r\n")), "whole 21");
  EXPECT_EQ(Show(CutSmtpReply("250-a\r\n250\r\n")), "whole 12");
  EXPECT_EQ(Show(CutSmtpReply("250-\r\n250 \r\n")), "whole 12");
  EXPECT_EQ(Show(CutSmtpReply("250\r\n")), "whole 5");
}

TEST(CutSmtpReply, WaitsForTheLastOne) {
  const std::string_view reply = "250-a\r\n250-b\r\n250 c\r\n";
  for (size_t size = 0; size < reply.size(); ++size) {
    EXPECT_EQ(Show(CutSmtpReply(reply.substr(0, size))), "partial") << size;
  }
}

TEST(CutSmtpReply, RefusesWhatIsNoReply) {
  for (const std::string_view bad :
       {"\r\n", "25\r\n", "2 50\r\n", "abc def\r\n", "250x\r\n", "2500 x\r\n", "250\tx\r\n", "250-a\r\n251 b\r\n",
        "250-a\r\n\r\n", "250-a\r\n250b\r\n", "250 a\n", "250-a\n250 b\r\n", " 250 a\r\n"}) {
    EXPECT_EQ(Show(CutSmtpReply(bad)), "bad") << bad;
  }
  EXPECT_EQ(Show(CutSmtpReply("250 a\0b\r\n"sv)), "bad");
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

std::string ShowLiteral(std::string_view line) {
  const auto literal = LiteralAtEnd(line);
  return !literal ? "none" : (literal->waits ? "waits " : "comes ") + std::to_string(literal->size);
}

TEST(LiteralAtEnd, IsTheMarkBeforeTheLineEnd) {
  EXPECT_EQ(ShowLiteral("a LOGIN {5}\r\n"), "waits 5");
  EXPECT_EQ(ShowLiteral("a LOGIN {5+}\r\n"), "comes 5");
  EXPECT_EQ(ShowLiteral("a X ~{0}\r\n"), "waits 0");
  EXPECT_EQ(ShowLiteral("{123456789}\r\n"), "waits 123456789");
  EXPECT_EQ(ShowLiteral("a \"b\" \"c\\\"d\\\\\" {07+}\r\n"), "comes 7");
  for (const std::string_view line :
       {"a\r\n", "\r\n", "a {5} \r\n", "a {5}x\r\n", "a 5}\r\n", "a {}\r\n", "a {+}\r\n", "a {5++}\r\n", "a {-5}\r\n",
        "a { 5}\r\n", "a {5\r\n", "a \"{5}\"\r\n", "a \"{5}\r\n", "a {5}", "a {1234567890}\r\n"}) {
    EXPECT_EQ(ShowLiteral(line), "none") << line;
  }
}

TEST(CutLiteralLine, RefusesWhatIsReadInTwoWays) {
  EXPECT_EQ(Show(CutLiteralLine("a LOGIN {5}\r\nxxxxx")), "whole 13");
  EXPECT_EQ(Show(CutLiteralLine("a \"b {5}\"\r\n")), "whole 11");
  EXPECT_EQ(Show(CutLiteralLine("a \"b\r\n")), "whole 6") << "no literal, however it is read";
  EXPECT_EQ(Show(CutLiteralLine("a \"b {5}\r")), "partial");
  EXPECT_EQ(Show(CutLiteralLine("a \"b {5}\r\n")), "bad");
  EXPECT_EQ(Show(CutLiteralLine("a \"b\\\" {5+}\r\n")), "bad");
  EXPECT_EQ(Show(CutLiteralLine("a {1234567890}\r\n")), "bad");
  EXPECT_EQ(Show(CutLiteralLine("a\n")), "bad");
}

TEST(CutWithLiterals, CountsWhatAnyByteMayStandIn) {
  constexpr std::string_view kWhole = "a X {4}\r\n\r\n\0\"{2+}\r\n{0} {0}\r\n \"y\"\r\n"sv;
  for (size_t size = 0; size < kWhole.size(); ++size) {
    EXPECT_EQ(Show(CutWithLiterals(kWhole.substr(0, size))), "partial") << size;
  }
  EXPECT_EQ(Show(CutWithLiterals(kWhole)), "whole " + std::to_string(kWhole.size()));
  EXPECT_EQ(Show(CutWithLiterals(std::string(kWhole) + "b")), "whole " + std::to_string(kWhole.size()));
  EXPECT_EQ(Show(CutWithLiterals("a {1}\r\n\nb\n")), "bad");
}

// The pieces of a command, however they come.
std::string Pieces(std::string_view in) {
  CommandCutter cutter;
  std::string shown;
  while (!in.empty()) {
    const Frame frame = cutter.Cut(in);
    if (frame.kind != Frame::Kind::kWhole) return shown + Show(frame);
    const bool first = cutter.between();
    cutter.Use(in.substr(0, frame.size));
    shown += (first ? "+" : "") + std::to_string(frame.size) + (cutter.waits() ? "? " : " ");
    if (cutter.waits()) cutter.Allow();
    in.remove_prefix(frame.size);
  }
  return shown + (cutter.between() ? "." : "");
}

TEST(CommandCutter, CutsPieceByPiece) {
  EXPECT_EQ(Pieces("a NOOP\r\nb NOOP\r\n"), "+8 +8 .");
  EXPECT_EQ(Pieces("a L {5}\r\nalice {3+}\r\n\r\n\r\r\nb"), "+9? 5 7 3 2 partial");
  EXPECT_EQ(Pieces("a L {5}\r\nal"), "+9? 2 ");
  EXPECT_EQ(Pieces("a L {0}\r\n {0+}\r\n\r\n"), "+9? 7 2 .");
  CommandCutter cutter;
  cutter.Use("a L {5}\r\n");
  EXPECT_TRUE(cutter.waits());
  cutter.Refuse();
  EXPECT_TRUE(cutter.between());
}

}  // namespace
}  // namespace starlock::protocol
