// What a probe asks of a ManageSieve server, and learns.

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

}  // namespace
}  // namespace starlock::test
