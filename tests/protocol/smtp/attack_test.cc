// The attacks on STARTTLS that a dialogue alone must withstand, at every cut: what is sent, and a control that shows
// the same flow pass without the attack. C: command injection, F: fixation and framing, R: response injection, S:
// stripping, P: what a client may not borrow of our standing.

#include <gtest/gtest.h>

#include "scenes.h"

namespace starlock::test {
namespace {

constexpr std::string_view kProtocols[] = {"smtp", "lmtp"};

/// Until the client has been told that STARTTLS may come: by us, or by the upstream through us.
std::string Offered(const Scene& scene) {
  if (scene.client == kReq)
    return InWordsOf(scene.protocol, "S: 220 old\nc: 220 old\nC: HELLO c\nc: 250-old\nc: 250 STARTTLS\n");
  return InWordsOf(scene.protocol,
                   "S: 220 old\nc: 220 old\nC: HELLO c\ns: HELLO c\nS: 250-old\nS: 250 SIZE 1\n"
                   "c: 250-old\nc: 250-STARTTLS\nc: 250 SIZE 1\n");
}

/// Plays it in every scene where the client may upgrade. INJECTED in it stands for `injected`.
void PlayToUpgraders(std::string_view transcript) {
  for (const std::string_view protocol : kProtocols) {
    for (const TlsMode client : {kOpp, kReq}) {
      for (const TlsMode server : {kOff, kImp}) {
        const Scene scene{protocol, client, server};
        Play(scene, Offered(scene) + InWordsOf(protocol, transcript));
      }
    }
  }
}

TEST(SmtpAttack, C1CommandInjection) {
  for (const std::string_view injected : {"HELLO injected", "MAIL FROM:<injected>", "QUIT", "STARTTLS", "NOOP", ""}) {
    PlayToUpgraders("C: STARTTLS\nC: " + std::string(injected) +
                    "\nc: 220 2.0.0 Ready to start TLS\n! tls-client\nT: " + std::string(injected) +
                    "\n@ plaintext_after_starttls client\n! fail plaintext_after_starttls client");
  }
}

TEST(SmtpAttack, C1Control) {
  for (const std::string_view protocol : kProtocols) {
    for (const TlsMode client : {kOpp, kReq}) {
      const Scene scene{protocol, client, kOff};
      Play(scene, Offered(scene) + InWordsOf(protocol, R"(
        C: STARTTLS
        c: 220 2.0.0 Ready to start TLS
        ! tls-client
        @ up
        C: HELLO c
        s: HELLO c
        S: 250 old
        c: 250 old
        C: MAIL FROM:<a>
        s: MAIL FROM:<a>
        S: 250 ok
        c: 250 ok
      )"));
    }
  }
}

// C2: the first half is TLS's, which fails on it. Even if it did not, the second half would stand alone.
TEST(SmtpAttack, C2ACommandInTwoHalves) {
  for (const std::string_view protocol : kProtocols) {
    for (const TlsMode client : {kOpp, kReq}) {
      const Scene scene{protocol, client, kOff};
      Play(scene, Offered(scene) + R"(
        C+ STARTTLS\r\nNO
        c: 220 2.0.0 Ready to start TLS
        ! tls-client
        T+ NO
        @ up
        C+ OP\r\n
      )" + (client == kReq ? "s+ OP\\r\\n" : "c+ 503 5.5.1 Send " + InWordsOf(protocol, "HELLO") + " first\\r\\n"));
    }
  }
}

TEST(SmtpAttack, C3ACoalescedClientHelloIsLegitimate) {
  PlayToUpgraders(R"(
    C+ STARTTLS\r\n\x16\x03\x01\0\x05\x01\0\0\x01\x03
    c: 220 2.0.0 Ready to start TLS
    ! tls-client
    T+ \x16\x03\x01\0\x05\x01\0\0\x01\x03
  )");
}

// F3: a line that two parsers could see differently is never repaired.
TEST(SmtpAttack, F3Framing) {
  struct Bad {
    std::string_view line;
    std::string_view why;
  };
  for (const Bad& bad : {Bad{"NOOP\\nSTARTTLS\\r\\n", "LF without CR"}, Bad{"STARTTLS\\n", "LF without CR"},
                         Bad{"START\\rTLS\\r\\n", "CR without LF"}, Bad{"STARTTLS\\r\\r\\n", "CR without LF"},
                         Bad{"STARTTLS\\0\\r\\n", "NUL in a line"}, Bad{"\\0STARTTLS\\r\\n", "NUL in a line"},
                         Bad{"\\x16\\x03\\x01\\0\\xc8", "NUL in a line"}}) {
    for (const std::string_view protocol : kProtocols) {
      for (const TlsMode client : {kOff, kOpp, kReq}) {
        Play({protocol, client, kOff}, "S: 220 old\nc: 220 old\nC+ " + std::string(bad.line) +
                                           "\nc: 500 5.5.2 Syntax error: " + std::string(bad.why) +
                                           "\n! fail protocol_error client");
      }
    }
  }
}

TEST(SmtpAttack, F3AnOverlongLine) {
  for (const std::string_view protocol : kProtocols) {
    for (const TlsMode client : {kOff, kOpp, kReq}) {
      for (const size_t size : {protocol::kMaxUnit - 1, protocol::kMaxUnit}) {
        for (const size_t piece : {size_t{1}, size_t{4096}, size + 100}) {
          DialogueDriver driver = PlayOnce({protocol, client, kOff}, "S: 220 old\nc: 220 old");
          const std::string line = "NOOP " + std::string(size - 6, 'x') + "\r\n";
          for (size_t at = 0; at < line.size(); at += piece) driver.Arrive(Side::kClient, line.substr(at, piece));
          if (line.size() <= protocol::kMaxUnit) {
            EXPECT_EQ(driver.act(), ActKind::kRead) << "control: the longest line there may be";
            continue;
          }
          EXPECT_EQ(driver.act(), ActKind::kFail);
          EXPECT_EQ(driver.failure().end, End::kProtocolError);
          EXPECT_EQ(driver.failure().blame, Blame::kClient);
          EXPECT_EQ(driver.said(Side::kServer), "");
        }
      }
    }
  }
}

TEST(SmtpAttack, F3BlanksBeforeAVerbHideNothing) {
  for (const std::string_view protocol : kProtocols) {
    Play({protocol, kOff, kOff},
         "S: 220 old\nc: 220 old\nC+  \\tSTARTTLS\\r\\n\nc: 502 5.5.1 STARTTLS is not available");
    Play({protocol, kOpp, kOff}, "S: 220 old\nc: 220 old\nC+  MAIL FROM:<a>\\r\\n\ns+  MAIL FROM:<a>\\r\\n");
  }
}

TEST(SmtpAttack, F4StarttlsInsideTls) {
  for (const std::string_view protocol : kProtocols) {
    Play({protocol, kImp, kOff}, InWordsOf(protocol, R"(
      S: 220 old
      c: 220 old
      C: HELLO c
      s: HELLO c
      S: 250-old
      S: 250 STARTTLS
      c: 250 old
      C: STARTTLS
      c: 503 5.5.1 TLS is already active
      C: NOOP
      s: NOOP
    )"));
    for (const TlsMode client : {kOpp, kReq}) {
      const Scene scene{protocol, client, kOff};
      Play(scene, Offered(scene) + R"(
        C: STARTTLS
        c: 220 2.0.0 Ready to start TLS
        ! tls-client
        @ up
        C: STARTTLS
        c: 503 5.5.1 TLS is already active
        C: NOOP
        s: NOOP
      )");
    }
  }
}

// ---- the server's leg ----------------------------------------------------------------------------------------------

constexpr std::string_view kOutOfTurn = "the client hears of a failure, and of nothing else";

/// The server says `lines` one after the other, each (but the first) in its time; the last may be anything. However it
/// is cut, what comes before its time must end the session, or lie before TLS where TLS fails on it.
void ExpectAborted(const Scene& scene, std::vector<std::string> said, std::string_view injected) {
  const std::string attack = said.back();
  said.pop_back();
  for (const auto& pieces : AllCuts(attack)) {
    DialogueDriver driver = Stage(scene);
    driver.Open();
    for (const std::string& line : said) driver.Arrive(Side::kServer, line);
    for (const std::string_view piece : pieces) driver.Arrive(Side::kServer, piece);
    if (driver.act() == ActKind::kTlsServer) {
      // The go-ahead came alone, and the rest is what TLS finds where it must begin.
      ASSERT_FALSE(driver.to_tls(Side::kServer).empty());
      driver.Abandon({End::kPlaintextAfterStarttls, Blame::kServer, "in a test"});
    }
    ASSERT_EQ(driver.act(), ActKind::kFail) << ToString(scene) << ": " << pieces.front();
    const bool after = driver.failure().end == End::kPlaintextAfterStarttls;
    EXPECT_TRUE(after || driver.failure().end == End::kProtocolError);
    EXPECT_EQ(driver.failure().blame, Blame::kServer);
    EXPECT_EQ(driver.said(Side::kClient).substr(0, 6), "421 4.") << kOutOfTurn;
    EXPECT_EQ(driver.said(Side::kClient).find('\n'), driver.said(Side::kClient).size() - 1) << kOutOfTurn;
    EXPECT_EQ(driver.said(Side::kClient).find(injected), std::string::npos) << kOutOfTurn;
    EXPECT_EQ(driver.dials(), 1) << "never a fallback";
  }
}

const std::vector<Scene>& Upgrading() {
  static const auto* scenes = [] {
    auto* all = new std::vector<Scene>;
    for (const std::string_view protocol : kProtocols) {
      for (const TlsMode client : kModes) {
        for (const TlsMode server : {kOpp, kReq}) all->push_back({protocol, client, server});
      }
    }
    return all;
  }();
  return *scenes;
}

const std::string kGreeting = "220 old\r\n";
const std::string kOffer = "250-old\r\n250 STARTTLS\r\n";

TEST(SmtpAttack, R1ResponseInjection) {
  for (const Scene& scene : Upgrading()) {
    for (const char* tail :
         {"250-injected\r\n250 AUTH LOGIN\r\n", "250 injected\r\n", "220 injected\r\n", "\n", "\x16\x03\x03"}) {
      ExpectAborted(scene, {kGreeting, kOffer, std::string("220 go\r\n") + tail}, "injected");
    }
  }
}

TEST(SmtpAttack, R2AnUnterminatedTail) {
  for (const Scene& scene : Upgrading()) {
    for (const char* tail : {"250-AUTH", "2", "\r"}) {
      ExpectAborted(scene, {kGreeting, kOffer, std::string("220 ok\r\n") + tail}, "AUTH");
    }
  }
}

/// R3 is a matter of time: the premature piece must be there when we speak, so the cuts are only those within it.
void ExpectPrematureAborted(const Scene& scene, const std::vector<std::string>& said, const std::string& due,
                            const std::string& premature) {
  for (const auto& pieces : AllCuts(premature)) {
    DialogueDriver driver = Stage(scene);
    driver.Open();
    for (const std::string& line : said) driver.Arrive(Side::kServer, line);
    driver.Arrive(Side::kServer, due.substr(0, due.size() - 1));
    const size_t spoken = driver.said(Side::kServer).size();
    driver.Arrive(Side::kServer, due.substr(due.size() - 1) + std::string(pieces.front()));
    ASSERT_EQ(driver.act(), ActKind::kFail) << ToString(scene) << ": " << pieces.front();
    EXPECT_EQ(driver.failure().end, End::kProtocolError);
    EXPECT_EQ(driver.failure().blame, Blame::kServer);
    EXPECT_EQ(driver.said(Side::kServer).size(), spoken) << "nothing more is said to such a server";
    EXPECT_EQ(driver.said(Side::kClient), "421 4.4.1 proxy.example.org Service not available\r\n");
    EXPECT_EQ(driver.dials(), 1) << "never a fallback";
    EXPECT_EQ(driver.notes(), "");
  }
}

TEST(SmtpAttack, R3AnswersBeforeTheQuestion) {
  for (const Scene& scene : Upgrading()) {
    ExpectPrematureAborted(scene, {}, kGreeting, kOffer + "220 go\r\n");
    ExpectPrematureAborted(scene, {}, kGreeting, "220 injected\r\n");
    ExpectPrematureAborted(scene, {}, kGreeting, "\n");
    ExpectPrematureAborted(scene, {kGreeting}, kOffer, "220 go\r\n");
    ExpectPrematureAborted(scene, {kGreeting}, kOffer, "22");
  }
}

// Nor where it would have come to plaintext anyway: the client would take it for the answer to its own question.
TEST(SmtpAttack, R3BeforeAFallback) {
  for (const Scene& scene : Upgrading()) {
    if (scene.server != kOpp) continue;
    ExpectPrematureAborted(scene, {kGreeting}, "250 old\r\n", "250-injected\r\n250 AUTH LOGIN\r\n");
    ExpectPrematureAborted(scene, {kGreeting}, "502 no\r\n", "220 go\r\n");
    ExpectPrematureAborted(scene, {kGreeting, kOffer}, "454 no\r\n", "250 injected\r\n");
  }
}

TEST(SmtpAttack, RControl) {
  for (const Scene& scene : Upgrading()) {
    for (const auto& pieces : AllCuts(kOffer)) {
      DialogueDriver driver = Stage(scene);
      driver.Open();
      driver.Arrive(Side::kServer, kGreeting);
      for (const std::string_view piece : pieces) driver.Arrive(Side::kServer, piece);
      driver.Arrive(Side::kServer, "220 go\r\n");
      ASSERT_EQ(driver.act(), ActKind::kTlsServer);
      EXPECT_EQ(driver.said(Side::kClient), "");
      driver.Succeed();
      EXPECT_EQ(driver.said(Side::kClient), kGreeting);
    }
  }
}

// Where no upgrade is asked for, a hasty server breaks no boundary, and its words are the client's to judge.
TEST(SmtpAttack, AHastyServerWithoutAnUpgradeIsPassedOn) {
  for (const std::string_view protocol : kProtocols) {
    Play({protocol, kOff, kOff}, "S: 220 old\nS: 421 bye\nc: 220 old\nc: 421 bye");
    Play({protocol, kOff, kImp}, "S: 220 old\nS: 421 bye\nc: 220 old\nc: 421 bye");
  }
}

// R5: what came before TLS was anyone's to write; of it only the greeting is shown, and only where TLS was reached.
TEST(SmtpAttack, R5TheTextOfARefusalStaysOutside) {
  for (const std::string_view protocol : kProtocols) {
    for (const TlsMode client : kModes) {
      Play({protocol, client, kReq},
           InWordsOf(protocol,
                     "S: 220 call +1 900 555 0100\ns: HELLO proxy.example.org\nS: 250-x\nS: 250 STARTTLS\n"
                     "s: STARTTLS\nS: 454 call +1 900 555 0100\n"
                     "c: 421 4.7.5 proxy.example.org Service not available: no secure connection\n"
                     "! fail starttls_refused server"));
    }
  }
}

}  // namespace
}  // namespace starlock::test
