// What a probe asks of ManageSieve and ACAP servers, and learns.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "protocol/dialects.h"
#include "protocol/probe.h"

namespace starlock::test {
namespace {

using namespace protocol;  // NOLINT(google-build-using-namespace)
using Capabilities = Findings::Capabilities;

/// A probe that is fed byte by byte.
class Probed {
 public:
  explicit Probed(std::string_view protocol) : probe_(MakeProbe(*FindDialect(protocol), "probe.example", findings)) {
    step = probe_->Notify(Event::kUpstreamUp, Side::kServer, out_);
  }

  void Feed(std::string_view bytes) {
    for (const char c : bytes) {
      input_ += c;
      if (step.act != Act::kRead) continue;
      step = probe_->Advance({}, input_, out_);
      input_.erase(0, step.used[1]);
    }
  }

  void TlsUp() {
    EXPECT_EQ(step.act, Act::kTlsServer);
    EXPECT_EQ(input_, "");
    step = probe_->Notify(Event::kTlsUp, Side::kServer, out_);
  }

  std::string Said() { return std::exchange(out_.server(), {}); }

  Findings findings;
  Step step;

 private:
  std::unique_ptr<Dialogue> probe_;
  Out out_;
  std::string input_;
};

TEST(ManagesieveProbe, LearnsAllAndSaysGoodbye) {
  Probed probed("managesieve");
  probed.Feed("\"IMPLEMENTATION\" {5}\r\nx y\r\n\r\n\"SASL\" \"\"\r\n\"starttls\"\r\nOK (X) \"hi\"\r\n");
  EXPECT_EQ(probed.Said(), "STARTTLS\r\n");
  probed.Feed("OK \"go\"\r\n");
  probed.TlsUp();
  EXPECT_EQ(probed.Said(), "");
  probed.Feed("\"SASL\" \"PLAIN LOGIN\"\r\nOK\r\n");
  EXPECT_EQ(probed.step.act, Act::kRelay);
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
    Probed probed("managesieve");
    if (end == End::kProtocolError) {
      probed.Feed(said.substr(0, 16));
      EXPECT_EQ(probed.Said(), "STARTTLS\r\n");
      probed.Feed(said.substr(16));
      EXPECT_EQ(probed.step.failure.end, End::kStarttlsRefused);
    } else {
      probed.Feed(said);
      EXPECT_EQ(probed.step.failure.end, end) << said;
    }
    EXPECT_EQ(probed.step.act, Act::kFail);
    EXPECT_EQ(probed.Said(), "LOGOUT\r\n");
  }
}

TEST(AcapProbe, LearnsAllAndSaysGoodbye) {
  Probed probed("acap");
  probed.Feed("* ACAP (IMPLEMENTATION \"x (STARTTLS)\") (SASL \"CRAM-MD5\" \"PLAIN\") (starttls)\r\n");
  EXPECT_EQ(probed.Said(), "a STARTTLS\r\n");
  probed.Feed("* ALERT \"x\"\r\na OK \"go\"\r\n");
  probed.TlsUp();
  EXPECT_EQ(probed.Said(), "");
  probed.Feed("* ACAP (SASL \"PLAIN\")\r\n");
  EXPECT_EQ(probed.step.act, Act::kRelay);
  EXPECT_EQ(probed.Said(), "b LOGOUT\r\n");
  EXPECT_EQ(probed.findings.before, (Capabilities{"IMPLEMENTATION x (STARTTLS)", "SASL CRAM-MD5 PLAIN", "starttls"}));
  EXPECT_EQ(probed.findings.offers_upgrade, true);
  EXPECT_EQ(probed.findings.inside, (Capabilities{"SASL PLAIN"}));
}

TEST(AcapProbe, NothingToUpgrade) {
  for (const std::string_view said : {"* ACAP (SASL \"PLAIN\")\r\n", "* BYE \"no\"\r\n", "220 smtp\r\n"}) {
    Probed probed("acap");
    probed.Feed(said);
    EXPECT_EQ(probed.step.act, Act::kFail);
    EXPECT_EQ(probed.step.failure.end, End::kStarttlsNotOffered) << said;
    EXPECT_EQ(probed.Said(), "b LOGOUT\r\n");
  }
  for (const std::string_view said : {"a NO \"no\"\r\n", "b OK \"go\"\r\n", "* BYE \"no\"\r\n", "+ \"go\"\r\n"}) {
    Probed probed("acap");
    probed.Feed("* ACAP (STARTTLS)\r\n");
    EXPECT_EQ(probed.Said(), "a STARTTLS\r\n");
    probed.Feed(said);
    EXPECT_EQ(probed.step.failure.end, End::kStarttlsRefused) << said;
  }
}

}  // namespace
}  // namespace starlock::test
