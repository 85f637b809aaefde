#include "protocol/smtp_probe.h"

#include <gtest/gtest.h>

#include "protocol/dialects.h"
#include "transcript.h"

namespace starlock::test {
namespace {

using protocol::Findings;

/// A probe that is connected already.
class SmtpProbe : public testing::TestWithParam<std::string_view> {
 protected:
  SmtpProbe() : driver_(protocol::MakeProbe(*protocol::FindDialect(GetParam()), "me", findings_)) { driver_.Open(); }

  void Say(std::string_view lines) {
    for (size_t i = 0; i < lines.size(); ++i) driver_.Arrive(Side::kServer, lines.substr(i, 1));
  }
  std::string Hello() const { return GetParam() == "lmtp" ? "LHLO me\r\n" : "EHLO me\r\n"; }
  const std::string& said() const { return driver_.said(Side::kServer); }

  Findings findings_;
  DialogueDriver driver_;
};

INSTANTIATE_TEST_SUITE_P(Protocols, SmtpProbe, testing::Values("smtp", "lmtp"));

TEST_P(SmtpProbe, AsksBeforeTlsAndInside) {
  Say("220-mail.example.org ESMTP\r\n220 two\r\n");
  Say("250-mail.example.org\r\n250-SIZE 1\r\n250 starttls\r\n");
  Say("220 go\r\n");
  ASSERT_EQ(driver_.act(), Act::kTlsServer);
  EXPECT_EQ(said(), Hello() + "STARTTLS\r\n");
  driver_.Succeed();
  Say("250-mail.example.org\r\n250 AUTH PLAIN\r\n");
  EXPECT_EQ(driver_.act(), Act::kRelay);
  EXPECT_EQ(said(), Hello() + "STARTTLS\r\n" + Hello() + "QUIT\r\n");
  EXPECT_EQ(findings_.offers_upgrade, true);
  EXPECT_EQ(findings_.before, (Findings::Capabilities{"SIZE 1", "starttls"}));
  EXPECT_EQ(findings_.inside, (Findings::Capabilities{"AUTH PLAIN"}));
  EXPECT_EQ(findings_.greeting, "220-mail.example.org ESMTP\r\n220 two");
}

TEST_P(SmtpProbe, SaysWhatIsMissing) {
  Say("220 hi\r\n250-x\r\n");
  EXPECT_EQ(driver_.act(), Act::kRead);
  Say("250 SIZE 1\r\n");
  EXPECT_EQ(driver_.failure().end, End::kStarttlsNotOffered);
  EXPECT_EQ(findings_.offers_upgrade, false);
  EXPECT_EQ(findings_.before, (Findings::Capabilities{"SIZE 1"}));
  EXPECT_EQ(said(), Hello() + "QUIT\r\n");
}

TEST_P(SmtpProbe, SaysThatItWasRefused) {
  Say("220 hi\r\n");
  Say("250-x\r\n250 STARTTLS\r\n");
  Say("454 no\r\n");
  EXPECT_EQ(driver_.failure().end, End::kStarttlsRefused);
  EXPECT_EQ(findings_.offers_upgrade, true);
  EXPECT_FALSE(findings_.inside.has_value());
}

TEST_P(SmtpProbe, AServerThatRefusesService) {
  Say("554 no\r\n");
  EXPECT_EQ(driver_.failure().end, End::kStarttlsNotOffered);
  EXPECT_EQ(findings_.greeting, "554 no");
  EXPECT_FALSE(findings_.offers_upgrade.has_value());
}

TEST_P(SmtpProbe, IsHeldToTheSameInvariants) {
  Say("220 hi\r\n");
  Say("250-x\r\n250 STARTTLS\r\n");
  driver_.Arrive(Side::kServer, "220 go\r\n250 injected\r\n");
  EXPECT_EQ(driver_.act(), Act::kFail);
  EXPECT_EQ(driver_.failure().end, End::kPlaintextAfterStarttls);
}

}  // namespace
}  // namespace starlock::test
