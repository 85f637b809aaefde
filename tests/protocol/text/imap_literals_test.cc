// Literals as IMAP has them: a mark at the end of a line, and commands in pieces.

#include <gtest/gtest.h>

#include <string>

#include "protocol/text/literals.h"
#include "resumed.h"
#include "show_frame.h"

namespace starlock::protocol {
namespace {

using std::string_view_literals::operator""sv;

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
    Scan scan;
    const Frame frame = cutter.Cut(in, scan);
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
