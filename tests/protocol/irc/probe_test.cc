// What a probe asks of an IRC server, and learns.

#include <gtest/gtest.h>

#include <string>

#include "probed.h"
#include "support/act_kind.h"

namespace starlock::test {
namespace {

using namespace protocol;  // NOLINT(google-build-using-namespace)
using Capabilities = Findings::Capabilities;

void LearnsAll(size_t piece) {
  Probed probed("irc", piece);
  EXPECT_EQ(probed.Said(), "CAP LS 302\r\n");
  probed.Feed(":s NOTICE * :one\r\n:s CAP * LS * :a=b\r\n:s CAP * LS :tls c\r\n");
  EXPECT_EQ(probed.Said(), "STARTTLS\r\n");
  probed.Feed(":s NOTICE * :two\r\n:s 670 * :go\r\n");
  probed.TlsUp();
  EXPECT_EQ(probed.Said(), "CAP LS 302\r\n");
  probed.Feed(":s NOTICE * :three\r\n:s CAP * LS :a=b sasl=PLAIN\r\n");
  EXPECT_EQ(KindOf(probed.step.act), ActKind::kRelay);
  EXPECT_EQ(probed.Said(), "QUIT\r\n");
  EXPECT_EQ(probed.findings.greeting, ":s NOTICE * :one");
  EXPECT_EQ(probed.findings.before, (Capabilities{"a=b", "tls", "c"}));
  EXPECT_EQ(probed.findings.offers_upgrade, true);
  EXPECT_EQ(probed.findings.inside, (Capabilities{"a=b", "sasl=PLAIN"}));
}

TEST(IrcProbe, LearnsAllAndSaysGoodbye) {
  LearnsAll(SIZE_MAX);
  LearnsAll(1);
}

// A server says NOTICEs when it likes: one behind the answer is no answer to what was not asked yet.
TEST(IrcProbe, ANoticeInTheSameReadAsTheAnswer) {
  for (const std::string_view tail : {":s NOTICE * :x\r\n", ":s NOTICE * :x\r\nPING :y\r\n"}) {
    Probed probed("irc");
    probed.Said();
    probed.Feed(":s CAP * LS :tls\r\n" + std::string(tail));
    EXPECT_EQ(KindOf(probed.step.act), ActKind::kRead);
    EXPECT_EQ(probed.Said(), "STARTTLS\r\n");
    EXPECT_EQ(probed.findings.greeting, ":s NOTICE * :x");
  }
  // Half a line is waited for.
  Probed probed("irc");
  probed.Said();
  probed.Feed(":s CAP * LS :tls\r\n:s NOT");
  EXPECT_EQ(probed.Said(), "");
  probed.Feed("ICE * :x\r\n");
  EXPECT_EQ(probed.Said(), "STARTTLS\r\n");
}

TEST(IrcProbe, AnAnswerBeforeTheQuestion) {
  for (const std::string_view early : {":s 670 * :go\r\n", ":s 691 * :no\r\n"}) {
    Probed probed("irc");
    probed.Said();
    probed.Feed(":s CAP * LS :tls\r\n" + std::string(early));
    EXPECT_EQ(FailureOf(probed.step.act).end, End::kProtocolError);
    EXPECT_EQ(probed.Said().find("STARTTLS"), std::string::npos);
  }
  Probed probed("irc");
  probed.Feed(":s CAP * LS :tls\r\n");
  probed.Feed(":s 670 * :go\r\n:s 001 a :injected\r\n");
  EXPECT_EQ(FailureOf(probed.step.act).end, End::kPlaintextAfterStarttls);
}

TEST(IrcProbe, NothingToUpgrade) {
  const std::pair<std::string_view, End> kCases[] = {
      {":s CAP * LS :a b\r\n", End::kStarttlsNotOffered},
      {"ERROR :Closing Link: [throttled]\r\n", End::kStarttlsNotOffered},
      {":s CAP * LS :a\n", End::kProtocolError},
  };
  for (const auto& [said, end] : kCases) {
    Probed probed("irc");
    probed.Feed(said);
    EXPECT_EQ(FailureOf(probed.step.act).end, end) << said;
    EXPECT_EQ(FailureOf(probed.step.act).blame, Blame::kServer);
  }
  const std::pair<std::string_view, End> kAnswers[] = {{":s 421 * STARTTLS :what\r\n", End::kStarttlsNotOffered},
                                                       {":s 691 * :no\r\n", End::kStarttlsRefused}};
  for (const auto& [said, end] : kAnswers) {
    Probed probed("irc");
    probed.Feed(":s 421 * CAP :what\r\n");
    EXPECT_EQ(probed.Said(), "CAP LS 302\r\nSTARTTLS\r\n");
    probed.Feed(said);
    EXPECT_EQ(FailureOf(probed.step.act).end, end) << said;
  }
}

TEST(IrcProbe, AServerThatOnlyTalks) {
  Probed probed("irc");
  for (int i = 0; i < 201; ++i) probed.Feed("NOTICE * :on and on\r\n");
  EXPECT_EQ(FailureOf(probed.step.act).end, End::kProtocolError);
}

}  // namespace
}  // namespace starlock::test
