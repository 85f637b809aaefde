// What a probe asks of an IRC server, and learns.

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "protocol/dialects.h"
#include "protocol/probe.h"

namespace starlock::test {
namespace {

using namespace protocol;  // NOLINT(google-build-using-namespace)
using Capabilities = Findings::Capabilities;

class Probed {
 public:
  Probed() : probe_(MakeProbe(*FindDialect("irc"), "probe.example", findings)) {
    step = probe_->Notify(Event::kUpstreamUp, Side::kServer, out_);
  }

  /// All of it comes in one read.
  void Feed(std::string_view bytes) {
    input_ += bytes;
    while (step.act == Act::kRead) {
      step = probe_->Advance({}, input_, out_);
      if (step.used[1] == 0) break;
      input_.erase(0, step.used[1]);
    }
  }

  void FeedByteByByte(std::string_view bytes) {
    for (const char& c : bytes) Feed({&c, 1});
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

void LearnsAll(const std::function<void(Probed&, std::string_view)>& feed) {
  Probed probed;
  EXPECT_EQ(probed.Said(), "CAP LS 302\r\n");
  feed(probed, ":s NOTICE * :one\r\n:s CAP * LS * :a=b\r\n:s CAP * LS :tls c\r\n");
  EXPECT_EQ(probed.Said(), "STARTTLS\r\n");
  feed(probed, ":s NOTICE * :two\r\n:s 670 * :go\r\n");
  probed.TlsUp();
  EXPECT_EQ(probed.Said(), "CAP LS 302\r\n");
  feed(probed, ":s NOTICE * :three\r\n:s CAP * LS :a=b sasl=PLAIN\r\n");
  EXPECT_EQ(probed.step.act, Act::kRelay);
  EXPECT_EQ(probed.Said(), "QUIT\r\n");
  EXPECT_EQ(probed.findings.greeting, ":s NOTICE * :one");
  EXPECT_EQ(probed.findings.before, (Capabilities{"a=b", "tls", "c"}));
  EXPECT_EQ(probed.findings.offers_upgrade, true);
  EXPECT_EQ(probed.findings.inside, (Capabilities{"a=b", "sasl=PLAIN"}));
}

TEST(IrcProbe, LearnsAllAndSaysGoodbye) {
  LearnsAll([](Probed& probed, std::string_view bytes) { probed.Feed(bytes); });
  LearnsAll([](Probed& probed, std::string_view bytes) { probed.FeedByteByByte(bytes); });
}

// A server says NOTICEs when it likes: one behind the answer is no answer to what was not asked yet.
TEST(IrcProbe, ANoticeInTheSameReadAsTheAnswer) {
  for (const std::string_view tail : {":s NOTICE * :x\r\n", ":s NOTICE * :x\r\nPING :y\r\n"}) {
    Probed probed;
    probed.Said();
    probed.Feed(":s CAP * LS :tls\r\n" + std::string(tail));
    EXPECT_EQ(probed.step.act, Act::kRead);
    EXPECT_EQ(probed.Said(), "STARTTLS\r\n");
    EXPECT_EQ(probed.findings.greeting, ":s NOTICE * :x");
  }
  // Half a line is waited for.
  Probed probed;
  probed.Said();
  probed.Feed(":s CAP * LS :tls\r\n:s NOT");
  EXPECT_EQ(probed.Said(), "");
  probed.Feed("ICE * :x\r\n");
  EXPECT_EQ(probed.Said(), "STARTTLS\r\n");
}

TEST(IrcProbe, AnAnswerBeforeTheQuestion) {
  for (const std::string_view early : {":s 670 * :go\r\n", ":s 691 * :no\r\n"}) {
    Probed probed;
    probed.Said();
    probed.Feed(":s CAP * LS :tls\r\n" + std::string(early));
    EXPECT_EQ(probed.step.failure.end, End::kProtocolError);
    EXPECT_EQ(probed.Said().find("STARTTLS"), std::string::npos);
  }
  Probed probed;
  probed.Feed(":s CAP * LS :tls\r\n");
  probed.Feed(":s 670 * :go\r\n:s 001 a :injected\r\n");
  EXPECT_EQ(probed.step.failure.end, End::kPlaintextAfterStarttls);
}

TEST(IrcProbe, NothingToUpgrade) {
  const std::pair<std::string_view, End> kCases[] = {
      {":s CAP * LS :a b\r\n", End::kStarttlsNotOffered},
      {"ERROR :Closing Link: [throttled]\r\n", End::kStarttlsNotOffered},
      {":s CAP * LS :a\n", End::kProtocolError},
  };
  for (const auto& [said, end] : kCases) {
    Probed probed;
    probed.Feed(said);
    EXPECT_EQ(probed.step.failure.end, end) << said;
    EXPECT_EQ(probed.step.failure.blame, Blame::kServer);
  }
  const std::pair<std::string_view, End> kAnswers[] = {{":s 421 * STARTTLS :what\r\n", End::kStarttlsNotOffered},
                                                       {":s 691 * :no\r\n", End::kStarttlsRefused}};
  for (const auto& [said, end] : kAnswers) {
    Probed probed;
    probed.Feed(":s 421 * CAP :what\r\n");
    EXPECT_EQ(probed.Said(), "CAP LS 302\r\nSTARTTLS\r\n");
    probed.Feed(said);
    EXPECT_EQ(probed.step.failure.end, end) << said;
  }
}

TEST(IrcProbe, AServerThatOnlyTalks) {
  Probed probed;
  for (int i = 0; i < 201; ++i) probed.Feed("NOTICE * :on and on\r\n");
  EXPECT_EQ(probed.step.failure.end, End::kProtocolError);
}

}  // namespace
}  // namespace starlock::test
