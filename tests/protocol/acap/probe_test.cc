// What a probe asks of an ACAP server, and learns.

#include <gtest/gtest.h>

#include <string>

#include "probed.h"
#include "support/act_kind.h"

namespace starlock::test {
namespace {

using namespace protocol;  // NOLINT(google-build-using-namespace)
using Capabilities = Findings::Capabilities;

constexpr size_t kByteByByte = 1;

TEST(AcapProbe, LearnsAllAndSaysGoodbye) {
  Probed probed("acap", kByteByByte);
  probed.Feed("* ACAP (IMPLEMENTATION \"x (STARTTLS)\") (SASL \"CRAM-MD5\" \"PLAIN\") (starttls)\r\n");
  EXPECT_EQ(probed.Said(), "starlock STARTTLS\r\n");
  probed.Feed("* ALERT \"x\"\r\nstarlock OK \"go\"\r\n");
  probed.TlsUp();
  EXPECT_EQ(probed.Said(), "");
  probed.Feed("* ACAP (SASL \"PLAIN\")\r\n");
  EXPECT_EQ(KindOf(probed.step.act), ActKind::kRelay);
  EXPECT_EQ(probed.Said(), "starlock2 LOGOUT\r\n");
  EXPECT_EQ(probed.findings.before, (Capabilities{"IMPLEMENTATION x (STARTTLS)", "SASL CRAM-MD5 PLAIN", "starttls"}));
  EXPECT_EQ(probed.findings.offers_upgrade, true);
  EXPECT_EQ(probed.findings.inside, (Capabilities{"SASL PLAIN"}));
}

TEST(AcapProbe, NothingToUpgrade) {
  const std::pair<std::string_view, End> greetings[] = {
      {"* ACAP (SASL \"PLAIN\")\r\n", End::kStarttlsNotOffered},
      {"* BYE \"no\"\r\n", End::kStarttlsNotOffered},
      {"220 smtp\r\n", End::kProtocolError},
  };
  for (const auto& [said, end] : greetings) {
    Probed probed("acap", kByteByByte);
    probed.Feed(said);
    EXPECT_EQ(KindOf(probed.step.act), ActKind::kFail);
    EXPECT_EQ(FailureOf(probed.step.act).end, end) << said;
    EXPECT_EQ(probed.Said(), "starlock2 LOGOUT\r\n");
  }
  const std::pair<std::string_view, End> replies[] = {
      {"starlock NO \"no\"\r\n", End::kStarttlsRefused},
      {"* BYE \"no\"\r\n", End::kStarttlsRefused},
      {"b OK \"go\"\r\n", End::kProtocolError},
      {"+ \"go\"\r\n", End::kProtocolError},
  };
  for (const auto& [said, end] : replies) {
    Probed probed("acap", kByteByByte);
    probed.Feed("* ACAP (STARTTLS)\r\n");
    EXPECT_EQ(probed.Said(), "starlock STARTTLS\r\n");
    probed.Feed(said);
    EXPECT_EQ(FailureOf(probed.step.act).end, end) << said;
  }
}

}  // namespace
}  // namespace starlock::test
