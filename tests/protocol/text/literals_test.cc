#include "protocol/text/literals.h"

#include <gtest/gtest.h>

#include <string>

#include "resumed.h"

namespace starlock::test {
namespace {

using namespace protocol;  // NOLINT(google-build-using-namespace)
using Kind = Frame::Kind;

constexpr PlainLiteral kRefused = PlainLiteral::kRefused;
constexpr PlainLiteral kWaits = PlainLiteral::kWaits;

// What holds for a unit holds at each of its cuts: partial until the last byte, and deaf to what follows.
void ExpectUnit(std::string_view unit, PlainLiteral plain = kRefused) {
  SCOPED_TRACE(unit);
  for (size_t size = 0; size < unit.size(); ++size) {
    EXPECT_EQ(CutCommandWithLiterals(unit.substr(0, size), plain).kind, Kind::kPartial) << size;
  }
  for (const std::string_view more : {"", "x", "\r\n", "{3}\r\n", "\"", "\n"}) {
    const Frame frame = CutCommandWithLiterals(std::string(unit) + std::string(more), plain);
    EXPECT_EQ(frame.kind, Kind::kWhole);
    EXPECT_EQ(frame.size, unit.size());
  }
}

void ExpectBad(std::string_view unit, PlainLiteral plain = kRefused) {
  SCOPED_TRACE(unit);
  EXPECT_EQ(CutCommandWithLiterals(unit, plain).kind, Kind::kBad);
}

TEST(Literals, LinesAndStrings) {
  ExpectUnit("\r\n");
  ExpectUnit("NOOP\r\n");
  ExpectUnit("NOOP \"a b\"\r\n");
  ExpectUnit("NOOP \"{5+}\"\r\n");
  ExpectUnit("NOOP \"a\\\"{5+}\"\r\n");
  ExpectUnit("NOOP \"a\\\\\"\r\n");
  ExpectUnit("NOOP {5+}\r\na\r\nb\"\r\n");
  ExpectUnit("NOOP {0+}\r\n\r\n");
  ExpectUnit("PUTSCRIPT {1+}\r\n\" {2+}\r\n\r\n \"x\"\r\n");
  ExpectUnit("a ID (\"n\" {12+}\r\nb STARTTLS\r\n)\r\n");
}

TEST(Literals, NothingIsNormalised) {
  for (const std::string_view bad : {
           "NOOP\n",
           "NOOP\rX",
           "NOOP \"a\r\n",
           "NOOP \"a\n",
           "NOOP\tx\r\n",
           "NOOP\x7f\r\n",
           "NOOP x{5+}\r\n",
           "NOOP\"x\"\r\n",
           "NOOP {+}\r\n",
           "NOOP {}\r\n",
           "NOOP {05+}\r\n",
           "NOOP {5++}\r\n",
           "NOOP {5+} \r\n",
           "NOOP {5+}\n",
           "NOOP {-1+}\r\n",
           "NOOP {99999+}\r\n",
           "NOOP {5x\r\n",
           "NOOP \"a\"{1+}\r\n",
           "NOOP {1+}\r\na\"b\"\r\n",
       }) {
    ExpectBad(bad);
    ExpectBad(bad, kWaits);
  }
  ExpectBad(std::string_view("NO\0OP\r\n", 7));
  ExpectBad(std::string_view("NOOP \"\0\"\r\n", 10));
  ExpectBad("NOOP {5}\r\n");
}

TEST(Literals, ACountThatWaitsEndsTheUnit) {
  const std::string_view head = "a LANG {2}\r\n";
  ExpectUnit(head, kWaits);
  EXPECT_TRUE(EndsInLiteral(head));
  EXPECT_EQ(OwedLiteral(head), 2U);
  EXPECT_EQ(CutCommandWithLiterals("\r", kWaits, 2).kind, Kind::kPartial);
  const Frame rest = CutCommandWithLiterals("\r\n {3}\r\nnext", kWaits, 2);
  EXPECT_EQ(rest.kind, Kind::kWhole);
  EXPECT_EQ(rest.size, 8U);
  EXPECT_EQ(OwedLiteral("\r\n {3}\r\n", 2), 3U);
  EXPECT_FALSE(EndsInLiteral("{2}\r\n", 3));
  EXPECT_FALSE(EndsInLiteral("a LANG {3+}\r\n{2}\r\n"));
  EXPECT_TRUE(EndsInLiteral("a LANG {0}\r\n"));
}

TEST(Literals, AnswersWaitForNobody) {
  const std::string_view unit = "OK (TAG {4}\r\n\r\nOK) \"a\"\r\n";
  for (size_t size = 0; size < unit.size(); ++size) {
    EXPECT_EQ(CutAnswerWithLiterals(unit.substr(0, size)).kind, Kind::kPartial);
  }
  EXPECT_EQ(CutAnswerWithLiterals(unit).size, unit.size());
}

TEST(Literals, Words) {
  std::string_view unit = "OK (TAG {4}\r\n\r\nOK) \"a\\\"b\\\\\" {0+}\r\n end\r\n";
  EXPECT_TRUE(TakeToken(unit).Is("ok"));
  EXPECT_EQ(TakeToken(unit).kind, Token::Kind::kOpen);
  EXPECT_EQ(TakeToken(unit).value, "TAG");
  EXPECT_EQ(TakeToken(unit).value, "\r\nOK");
  EXPECT_EQ(TakeToken(unit).kind, Token::Kind::kClose);
  EXPECT_EQ(TakeToken(unit).value, "a\"b\\");
  const Token empty = TakeToken(unit);
  EXPECT_EQ(empty.kind, Token::Kind::kString);
  EXPECT_EQ(empty.value, "");
  EXPECT_EQ(TakeToken(unit).value, "end");
  EXPECT_EQ(TakeToken(unit).kind, Token::Kind::kEnd);
  EXPECT_EQ(unit, "\r\n");
}

// Nothing that a peer can say makes a word longer than its unit.
TEST(Literals, WordsOfPieces) {
  const std::string_view whole = "a ({9}\r\nx \"unfinished\\";
  for (size_t size = 0; size <= whole.size(); ++size) {
    std::string_view unit = whole.substr(0, size);
    for (int i = 0; i < 10 && TakeToken(unit).kind != Token::Kind::kEnd; ++i) {
    }
    EXPECT_TRUE(unit.empty() || unit.front() == '\r');
  }
}

TEST(Literals, QuotedIsReadBack) {
  const std::string quoted = Quoted("a\"b\\c") + "\r\n";
  EXPECT_EQ(quoted, "\"a\\\"b\\\\c\"\r\n");
  std::string_view unit = quoted;
  EXPECT_EQ(TakeToken(unit).value, "a\"b\\c");
}

TEST(Literals, AQuotedLineEndsInCrLf) { EXPECT_EQ(QuotedLine("a OK", "say \"x\""), "a OK \"say \\\"x\\\"\"\r\n"); }

TEST(Literals, ACommandWordAndItsFirstArgument) {
  const WordAndArgument bare = TakeWordAndArgument("NOOP\r\n");
  EXPECT_EQ(bare.word, "NOOP");
  EXPECT_FALSE(bare.has_argument);
  for (const char* unit : {"NOOP x y\r\n", "\"NOOP\" \"x\"\r\n", "{4+}\r\nNOOP {1+}\r\nx\r\n"}) {
    const WordAndArgument taken = TakeWordAndArgument(unit);
    EXPECT_EQ(taken.word, "NOOP") << unit;
    EXPECT_TRUE(taken.has_argument) << unit;
    EXPECT_EQ(taken.argument, "x") << unit;
  }
  EXPECT_EQ(TakeWordAndArgument("(NOOP)\r\n").word, "") << "a parenthesis is no word";
  EXPECT_TRUE(TakeWordAndArgument("NOOP (\r\n").has_argument);
  EXPECT_EQ(TakeWordAndArgument("\r\n").word, "");
}

}  // namespace
}  // namespace starlock::test
