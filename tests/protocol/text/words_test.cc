#include "protocol/text/words.h"

#include <gtest/gtest.h>

#include <string_view>

namespace starlock::protocol {
namespace {

using std::string_view_literals::operator""sv;

TEST(Words, TakeWordAlsoTakesTheBlanksAfterIt) {
  std::string_view text = "one  two\tthree";
  EXPECT_EQ(TakeWord(text), "one");
  EXPECT_EQ(text, "two\tthree");
  EXPECT_EQ(TakeWord(text), "two");
  EXPECT_EQ(TakeWord(text), "three");
  EXPECT_EQ(text, "");
  EXPECT_EQ(TakeWord(text), "");
}

TEST(Words, AVerbIsFoundWhereAnyServerMightSeeOne) {
  for (const std::string_view line : {"STLS x\r\n"sv, " \tSTLS x\r\n"sv, "\0STLS x  \r\n"sv, "\v\fSTLS x\r\n"sv}) {
    const VerbLine command = SplitVerb(line, IsLetter);
    EXPECT_EQ(command.verb, "STLS") << line;
    EXPECT_EQ(command.rest, " x") << line;
  }
  EXPECT_EQ(SplitVerb("STLS1\r\n", IsLetter).verb, "STLS");
  EXPECT_EQ(SplitVerb("STLS1\r\n", IsLetterOrDigit).verb, "STLS1");
  EXPECT_EQ(SplitVerb("STLS\v\r\n", IsLetter).rest, "\v") << "only blanks are trailing";
  EXPECT_EQ(SplitVerb("\r\n", IsLetter).verb, "");
  EXPECT_EQ(SplitVerb("=x\r\n", IsLetter).verb, "");
}

TEST(Words, ADisguiseIsAWordThatSomeServerMayReadAsTheVerb) {
  for (const std::string_view line :
       {"\xc5\xbfTARTTLS\r\n"sv, "\"STARTTLS\" x\r\n"sv, "\\starttls\r\n"sv, "\x7fSTARTTLS\r\n"sv,
        "S\xc5\xa4TARTTLS\r\n"sv, "ST*RT*LS\r\n"sv, "\xef\xbb\xbfSTARTTLS\r\n"sv}) {
    EXPECT_TRUE(IsDisguised(line, "STARTTLS")) << line;
  }
  for (const std::string_view line : {"START\r\n"sv, "STARTTLS\r\n"sv, "XCLIENT\xe4\r\n"sv, "\xe4\r\n"sv, "\r\n"sv,
                                      "S\xe4TART\r\n"sv, "NOOP STARTTLS\xe4\r\n"sv, "\xe4STARTTLSX\r\n"sv}) {
    EXPECT_FALSE(IsDisguised(line, "STARTTLS")) << line;
  }
}

TEST(Words, ATableIsSearchedInAnyCase) {
  static constexpr KnownWord<int> kTable[] = {{"ONE", 1}, {"TWO", 2}};
  EXPECT_EQ(FindVerb(kTable, "one", 0), 1);
  EXPECT_EQ(FindVerb(kTable, "TwO", 0), 2);
  EXPECT_EQ(FindVerb(kTable, "TWO ", 0), 0);
  EXPECT_EQ(FindVerb(kTable, "", 0), 0);
}

TEST(Words, ChannelBindingIsASuffixOfAMechanism) {
  EXPECT_TRUE(BindsChannel("SCRAM-SHA-256-PLUS"));
  EXPECT_TRUE(BindsChannel("scram-sha-1-plus"));
  EXPECT_FALSE(BindsChannel("SCRAM-SHA-256"));
  EXPECT_FALSE(BindsChannel("SCRAM-PLUS-X"));
  EXPECT_FALSE(BindsChannel("-PLUS")) << "there is no mechanism";
  EXPECT_FALSE(BindsChannel("PLUS"));
  EXPECT_FALSE(BindsChannel(""));
}

}  // namespace
}  // namespace starlock::protocol
