// What a probe asks of ManageSieve and ACAP servers, and learns.

#include <gtest/gtest.h>

#include <string>

#include "probed.h"
#include "support/act_kind.h"

namespace starlock::test {
namespace {

using namespace protocol;  // NOLINT(google-build-using-namespace)
using Capabilities = Findings::Capabilities;

constexpr size_t kByteByByte = 1;

TEST(ManagesieveProbe, LearnsAllAndSaysGoodbye) {
  Probed probed("managesieve", kByteByByte);
  probed.Feed("\"IMPLEMENTATION\" {5}\r\nx y\r\n\r\n\"SASL\" \"\"\r\n\"starttls\"\r\nOK (X) \"hi\"\r\n");
  EXPECT_EQ(probed.Said(), "STARTTLS\r\n");
  probed.Feed("OK \"go\"\r\n");
  probed.TlsUp();
  EXPECT_EQ(probed.Said(), "");
  probed.Feed("\"SASL\" \"PLAIN LOGIN\"\r\nOK\r\n");
  EXPECT_EQ(KindOf(probed.step.act), ActKind::kRelay);
  EXPECT_EQ(probed.Said(), "LOGOUT\r\n");
  EXPECT_EQ(probed.findings.before, (Capabilities{"IMPLEMENTATION x y\r\n", "SASL ", "starttls"}));
  EXPECT_EQ(probed.findings.offers_upgrade, true);
  EXPECT_EQ(probed.findings.inside, (Capabilities{"SASL PLAIN LOGIN"}));
  EXPECT_EQ(probed.findings.greeting->substr(0, 8), "\"IMPLEME");
}

TEST(ManagesieveProbe, NothingToUpgrade) {
  const std::pair<std::string_view, End> kCases[] = {
      {"\"SASL\" \"PLAIN\"\r\nOK\r\n", End::kStarttlsNotOffered},
      {"BYE \"no\"\r\n", End::kStarttlsNotOffered},
      {"220 smtp\r\nOK\r\n", End::kStarttlsNotOffered},
      {"\"STARTTLS\"\r\nOK\r\nNO\r\n", End::kProtocolError},
  };
  for (const auto& [said, end] : kCases) {
    Probed probed("managesieve", kByteByByte);
    if (end == End::kProtocolError) {
      probed.Feed(said.substr(0, 16));
      EXPECT_EQ(probed.Said(), "STARTTLS\r\n");
      probed.Feed(said.substr(16));
      EXPECT_EQ(FailureOf(probed.step.act).end, End::kStarttlsRefused);
    } else {
      probed.Feed(said);
      EXPECT_EQ(FailureOf(probed.step.act).end, end) << said;
    }
    EXPECT_EQ(KindOf(probed.step.act), ActKind::kFail);
    EXPECT_EQ(probed.Said(), "LOGOUT\r\n");
  }
}

TEST(AcapProbe, LearnsAllAndSaysGoodbye) {
  Probed probed("acap", kByteByByte);
  probed.Feed("* ACAP (IMPLEMENTATION \"x (STARTTLS)\") (SASL \"CRAM-MD5\" \"PLAIN\") (starttls)\r\n");
  EXPECT_EQ(probed.Said(), "a STARTTLS\r\n");
  probed.Feed("* ALERT \"x\"\r\na OK \"go\"\r\n");
  probed.TlsUp();
  EXPECT_EQ(probed.Said(), "");
  probed.Feed("* ACAP (SASL \"PLAIN\")\r\n");
  EXPECT_EQ(KindOf(probed.step.act), ActKind::kRelay);
  EXPECT_EQ(probed.Said(), "b LOGOUT\r\n");
  EXPECT_EQ(probed.findings.before, (Capabilities{"IMPLEMENTATION x (STARTTLS)", "SASL CRAM-MD5 PLAIN", "starttls"}));
  EXPECT_EQ(probed.findings.offers_upgrade, true);
  EXPECT_EQ(probed.findings.inside, (Capabilities{"SASL PLAIN"}));
}

TEST(AcapProbe, NothingToUpgrade) {
  for (const std::string_view said : {"* ACAP (SASL \"PLAIN\")\r\n", "* BYE \"no\"\r\n", "220 smtp\r\n"}) {
    Probed probed("acap", kByteByByte);
    probed.Feed(said);
    EXPECT_EQ(KindOf(probed.step.act), ActKind::kFail);
    EXPECT_EQ(FailureOf(probed.step.act).end, End::kStarttlsNotOffered) << said;
    EXPECT_EQ(probed.Said(), "b LOGOUT\r\n");
  }
  for (const std::string_view said : {"a NO \"no\"\r\n", "b OK \"go\"\r\n", "* BYE \"no\"\r\n", "+ \"go\"\r\n"}) {
    Probed probed("acap", kByteByByte);
    probed.Feed("* ACAP (STARTTLS)\r\n");
    EXPECT_EQ(probed.Said(), "a STARTTLS\r\n");
    probed.Feed(said);
    EXPECT_EQ(FailureOf(probed.step.act).end, End::kStarttlsRefused) << said;
  }
}

}  // namespace
}  // namespace starlock::test
