#include "protocol/smtp/words.h"

#include <gtest/gtest.h>

#include <string>

namespace starlock::protocol::smtp {
namespace {

TEST(Parse, KnowsItsVerbsInAnyCase) {
  EXPECT_EQ(Parse("EHLO client\r\n", "EHLO").verb, Verb::kEhlo);
  EXPECT_EQ(Parse("ehlo client\r\n", "EHLO").verb, Verb::kEhlo);
  EXPECT_EQ(Parse("helo client\r\n", "EHLO").verb, Verb::kHelo);
  EXPECT_EQ(Parse("Starttls\r\n", "EHLO").verb, Verb::kStarttls);
  EXPECT_EQ(Parse("NOOP\r\n", "EHLO").verb, Verb::kNoop);
  EXPECT_EQ(Parse("RSET\r\n", "EHLO").verb, Verb::kRset);
  EXPECT_EQ(Parse("VRFY x\r\n", "EHLO").verb, Verb::kQuery);
  EXPECT_EQ(Parse("MAIL FROM:<>\r\n", "EHLO").verb, Verb::kMail);
  EXPECT_EQ(Parse("AUTH PLAIN\r\n", "EHLO").verb, Verb::kAuth);
  EXPECT_EQ(Parse("RCPT TO:<x>\r\n", "EHLO").verb, Verb::kRcpt);
  EXPECT_EQ(Parse("Data\r\n", "EHLO").verb, Verb::kData);
  EXPECT_EQ(Parse("bdat 3 last\r\n", "EHLO").verb, Verb::kBdat);
  EXPECT_EQ(Parse("TURN\r\n", "EHLO").verb, Verb::kTurn);
  EXPECT_EQ(Parse("ATRN a.example\r\n", "EHLO").verb, Verb::kTurn);
  EXPECT_EQ(Parse("XFORWARD NAME=x\r\n", "EHLO").verb, Verb::kOrigin);
  EXPECT_EQ(Parse("ETRN x\r\n", "EHLO").verb, Verb::kOther);
  EXPECT_EQ(Parse("\r\n", "EHLO").verb, Verb::kOther);
  EXPECT_EQ(Parse("STARTTLSX\r\n", "EHLO").verb, Verb::kOther);
}

TEST(Parse, TheHelloIsTheDialects) {
  EXPECT_EQ(Parse("LHLO client\r\n", "LHLO").verb, Verb::kEhlo);
  EXPECT_EQ(Parse("LHLO client\r\n", "EHLO").verb, Verb::kOther);
  EXPECT_EQ(Parse("EHLO client\r\n", "LHLO").verb, Verb::kOther);
}

// Postfix skips leading white space and takes any white space for a separator; so must whoever guards it.
TEST(Parse, SeesAVerbWhereAnyServerMight) {
  for (const std::string_view line :
       {" XCLIENT ADDR=1\r\n", "\tXCLIENT ADDR=1\r\n", "\v\f XCLIENT\r\n", "XCLIENT\vADDR=1\r\n", "XCLIENT\fADDR=1\r\n",
        "XCLIENT\tADDR=1\r\n", "XCLIENT:ADDR=1\r\n", "\x01XCLIENT\r\n",
        "XCLIENT\xa0"
        "ADDR=1\r\n",
        "xclient\r\n"}) {
    EXPECT_EQ(Parse(line, "EHLO").verb, Verb::kOrigin) << line;
  }
  EXPECT_EQ(Parse(" STARTTLS\r\n", "EHLO").verb, Verb::kStarttls);
  EXPECT_EQ(Parse("MAIL\vFROM:<>\r\n", "EHLO").verb, Verb::kMail);
}

TEST(Parse, OnlyBlanksAtTheEndAreNoArgument) {
  EXPECT_EQ(Parse("STARTTLS\r\n", "EHLO").argument, "");
  EXPECT_EQ(Parse("STARTTLS \t\r\n", "EHLO").argument, "");
  EXPECT_NE(Parse("STARTTLS x\r\n", "EHLO").argument, "");
  EXPECT_NE(Parse("STARTTLS\v\r\n", "EHLO").argument, "");
  EXPECT_NE(Parse("STARTTLS-\r\n", "EHLO").argument, "");
}

TEST(NameIn, IsTheFirstWordOfTheGreeting) {
  EXPECT_EQ(NameIn("220 mail.example.org ESMTP\r\n", "ours"), "mail.example.org");
  EXPECT_EQ(NameIn("220-mail.example.org\r\n220 two\r\n", "ours"), "mail.example.org");
  EXPECT_EQ(NameIn("220 \r\n", "ours"), "ours");
  EXPECT_EQ(NameIn("220\r\n", "ours"), "ours");
  EXPECT_EQ(NameIn("220 " + std::string(255, 'x') + "\r\n", "ours").size(), 255U);
  EXPECT_EQ(NameIn("220 " + std::string(256, 'x') + "\r\n", "ours"), "ours");
}

TEST(OffersStarttls, WhereverTheKeywordStands) {
  EXPECT_TRUE(Offers("250-x\r\n250 STARTTLS\r\n", "STARTTLS"));
  EXPECT_TRUE(Offers("250-x\r\n250-STARTTLS\r\n250 SIZE 1\r\n", "STARTTLS"));
  EXPECT_TRUE(Offers("250-x\r\n250-SIZE 1\r\n250-starttls \r\n250 HELP\r\n", "STARTTLS"));
  EXPECT_TRUE(Offers("250-x\r\n250 STARTTLS required\r\n", "STARTTLS"));
  EXPECT_TRUE(Offers("250-x\r\n250- STARTTLS\r\n250 HELP\r\n", "STARTTLS"));
}

TEST(OffersStarttls, NotWhereItIsSomethingElse) {
  for (const std::string_view reply :
       {"250 STARTTLS\r\n", "250-STARTTLS\r\n250 SIZE 1\r\n", "250-x\r\n250 STARTTLSX\r\n",
        "250-x\r\n250 XSTARTTLS\r\n", "250-x\r\n250 HELP STARTTLS\r\n", "250-x\r\n250 START-TLS\r\n",
        "250-x\r\n250\r\n", "250\r\n"}) {
    EXPECT_FALSE(Offers(reply, "STARTTLS")) << reply;
  }
}

struct Edit {
  std::string_view reply;
  std::string_view with;
  std::string_view without;
};

TEST(Starttls, PutInOnceAndTakenOut) {
  const Edit edits[] = {
      {"250 x\r\n", "250-x\r\n250 STARTTLS\r\n", "250 x\r\n"},
      {"250\r\n", "250-\r\n250 STARTTLS\r\n", "250\r\n"},
      {"250-x\r\n250 SIZE 1\r\n", "250-x\r\n250-STARTTLS\r\n250 SIZE 1\r\n", "250-x\r\n250 SIZE 1\r\n"},
      {"250-x\r\n250\r\n", "250-x\r\n250-STARTTLS\r\n250\r\n", "250-x\r\n250\r\n"},
      {"250-x\r\n250 STARTTLS\r\n", "250-x\r\n250 STARTTLS\r\n", "250 x\r\n"},
      {"250-\r\n250 STARTTLS\r\n", "250-\r\n250 STARTTLS\r\n", "250 \r\n"},
      {"250-x\r\n250-starttls\r\n250 SIZE 1\r\n", "250-x\r\n250-STARTTLS\r\n250 SIZE 1\r\n", "250-x\r\n250 SIZE 1\r\n"},
      {"250-x\r\n250-A\r\n250-STARTTLS\r\n250 B\r\n", "250-x\r\n250-STARTTLS\r\n250-A\r\n250 B\r\n",
       "250-x\r\n250-A\r\n250 B\r\n"},
      {"250-x\r\n250-A\r\n250 STARTTLS\r\n", "250-x\r\n250-STARTTLS\r\n250 A\r\n", "250-x\r\n250 A\r\n"},
      {"250-x\r\n250-A \t\r\n250 STARTTLS now\r\n", "250-x\r\n250-STARTTLS\r\n250 A \t\r\n", "250-x\r\n250 A \t\r\n"},
      {"250-x\r\n250-STARTTLS\r\n250-A\r\n250 STARTTLS\r\n", "250-x\r\n250-STARTTLS\r\n250 A\r\n",
       "250-x\r\n250 A\r\n"},
      // The first line is the server's name, whatever it is.
      {"250-STARTTLS\r\n250 A\r\n", "250-STARTTLS\r\n250-STARTTLS\r\n250 A\r\n", "250-STARTTLS\r\n250 A\r\n"},
      {"250-x\r\n250 XSTARTTLS\r\n", "250-x\r\n250-STARTTLS\r\n250 XSTARTTLS\r\n", "250-x\r\n250 XSTARTTLS\r\n"},
      {"250-x\r\n250- Aa\r\n250-\r\n250 b\r\n", "250-x\r\n250-STARTTLS\r\n250- Aa\r\n250-\r\n250 b\r\n",
       "250-x\r\n250- Aa\r\n250-\r\n250 b\r\n"},
  };
  for (const Edit& edit : edits) {
    EXPECT_EQ(ForClient(edit.reply, true), edit.with);
    EXPECT_EQ(ForClient(edit.reply, false), edit.without);
    EXPECT_EQ(ForClient(edit.with, true), edit.with) << "once is enough";
  }
}

TEST(Goodbye, HasAReasonForEveryEnd) {
  const Env env{"proxy.example.org", TlsMode::kOff, TlsMode::kOff};
  for (int end = 0; end <= static_cast<int>(End::kInternal); ++end) {
    for (const Blame blame : {Blame::kNone, Blame::kClient, Blame::kServer, Blame::kProxy}) {
      const std::string words = Goodbye(env, {static_cast<End>(end), blame, "why"});
      const bool syntax = static_cast<End>(end) == End::kProtocolError && blame == Blame::kClient;
      EXPECT_EQ(words.substr(0, 5), syntax ? "500 5" : "421 4") << words;
      EXPECT_EQ(words.substr(words.size() - 2), "\r\n");
      EXPECT_EQ(words.find("why") != std::string::npos, syntax) << "a server's doings are not the client's to read";
    }
  }
}

TEST(Goodbye, NamesUsAndFits) {
  const Env env{"proxy.example.org", TlsMode::kOff, TlsMode::kOff};
  EXPECT_EQ(Goodbye(env, {End::kTimeout, Blame::kServer, ""}), "421 4.4.2 proxy.example.org Timeout\r\n");
  EXPECT_EQ(Goodbye(env, {End::kDrained, Blame::kNone, ""}), "421 4.3.2 proxy.example.org Shutting down\r\n");
  EXPECT_EQ(Goodbye(env, {End::kVerifyFailed, Blame::kServer, ""}),
            "421 4.7.5 proxy.example.org Service not available: no secure connection\r\n");
  EXPECT_EQ(Goodbye(env, {End::kConnectFailed, Blame::kServer, ""}),
            "421 4.4.1 proxy.example.org Service not available\r\n");
}

TEST(Chunk, IsExactlySizeAndLast) {
  const auto chunk = ChunkOf("BDAT 5\r\n");
  ASSERT_TRUE(chunk);
  EXPECT_EQ(chunk->size, 5U);
  EXPECT_FALSE(chunk->last);
  const auto last = ChunkOf("bdat 2147483647 last\r\n");
  ASSERT_TRUE(last);
  EXPECT_EQ(last->size, 2147483647U);
  EXPECT_TRUE(last->last);
  EXPECT_TRUE(ChunkOf("BDAT 0 LAST\r\n"));
  for (const std::string line : {"BDAT\r\n",
                                 "BDAT \r\n",
                                 "BDAT  5\r\n",
                                 "BDAT\t5\r\n",
                                 " BDAT 5\r\n",
                                 "BDAT 5 \r\n",
                                 "BDAT 5  LAST\r\n",
                                 "BDAT 5 LAST \r\n",
                                 "BDAT 5LAST\r\n",
                                 "BDAT 5 LASTX\r\n",
                                 "BDAT 5 x\r\n",
                                 "BDAT -5\r\n",
                                 "BDAT +5\r\n",
                                 "BDAT 05\r\n",
                                 "BDAT 00\r\n",
                                 "BDAT 0x5\r\n",
                                 "BDAT LAST\r\n",
                                 "BDAT 2147483648\r\n",
                                 "BDAT 18446744073709551621\r\n",
                                 "BDAT 5\n",
                                 "BDAT 5 LAST 5\r\n"}) {
    EXPECT_FALSE(ChunkOf(line)) << line;
  }
}

TEST(MayAddLayer, UnlessTheMechanismIsKnownToHaveNone) {
  for (const std::string argument : {" PLAIN", " plain AGEAYg==", "  LOGIN", " SCRAM-SHA-256 biws", " XOAUTH2 x"}) {
    EXPECT_FALSE(MayAddLayer(argument)) << argument;
  }
  for (const std::string argument : {" GSSAPI", " DIGEST-MD5", " X", "", " PLAINX", " GSSAPI PLAIN"}) {
    EXPECT_TRUE(MayAddLayer(argument)) << argument;
  }
}

TEST(Offers, AnyExtension) {
  EXPECT_TRUE(Offers("250-x\r\n250 chunking\r\n", "CHUNKING"));
  EXPECT_FALSE(Offers("250-CHUNKING\r\n250 CHUNKINGS\r\n", "CHUNKING"));
}

TEST(ForClient, HidesTheExtensionsOfProxies) {
  EXPECT_EQ(ForClient("250-x\r\n250-XCLIENT A\r\n250-SIZE\r\n250 xforward B\r\n", false), "250-x\r\n250 SIZE\r\n");
  EXPECT_EQ(ForClient("250-x\r\n250 XCLIENT\r\n", true), "250-x\r\n250 STARTTLS\r\n");
  EXPECT_EQ(ForClient("250-x\r\n250 XCLIENTS\r\n", false), "250-x\r\n250 XCLIENTS\r\n");
}

}  // namespace
}  // namespace starlock::protocol::smtp
