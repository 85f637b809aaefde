// The attacks on STARTTLS that a dialogue alone must withstand, at every cut, each with a control.

#include <gtest/gtest.h>

#include "scenes.h"

namespace starlock::test {
namespace {

void PlayToUpgraders(std::string_view transcript) {
  for (const TlsMode client : {kOpp, kReq}) {
    for (const TlsMode server : {kOff, kImp}) {
      Play({"imap", client, server}, ImapAfter(client == kReq ? kRequiredGreeted : kImapGreeted, transcript));
    }
  }
}

TEST(ImapAttack, C1CommandInjection) {
  for (const std::string_view injected : {"QQ NOOP", "b LOGIN a b", "b STARTTLS", ""}) {
    PlayToUpgraders("C: A STARTTLS\nC: " + std::string(injected) +
                    "\nc: A OK Begin TLS negotiation now\n! tls-client\nT: " + std::string(injected) +
                    "\n@ plaintext_after_starttls client\n! fail plaintext_after_starttls client");
  }
}

TEST(ImapAttack, C2AndC3) {
  PlayToUpgraders("C+ A STARTTLS\\r\\nb NO\nc: A OK Begin TLS negotiation now\n! tls-client\nT+ b NO");
  PlayToUpgraders(
      "C+ A STARTTLS\\r\\n\\x16\\x03\\x01\\0\nc: A OK Begin TLS negotiation now\n! tls-client\nT+ \\x16\\x03\\x01\\0");
}

TEST(ImapAttack, C1Control) {
  for (const TlsMode client : {kOpp, kReq}) {
    Play({"imap", client, kOff}, ImapAfter(client == kReq ? kRequiredGreeted : kImapGreeted, R"(
      C: A STARTTLS
      c: A OK Begin TLS negotiation now
      ! tls-client
      @ up
      C: b LOGIN a b
      s: b LOGIN a b
      S: b OK in
      c: b OK in
      ! relay
    )"));
  }
}

TEST(ImapAttack, F3Framing) {
  struct Bad {
    std::string_view line;
    std::string_view why;
  };
  for (const Bad& bad : {Bad{"a NOOP\\nb STARTTLS\\r\\n", "LF without CR"}, Bad{"a STARTTLS\\n", "LF without CR"},
                         Bad{"a ST\\rTLS\\r\\n", "CR without LF"}, Bad{"a STARTTLS\\0\\r\\n", "NUL in a line"},
                         Bad{"a ID (\"n {12}\\r\\n", "a literal inside a quoted string"},
                         Bad{"a ID {4294967297+}\\r\\n", "a literal that is too long"}}) {
    for (const TlsMode client : {kOff, kOpp, kReq}) {
      Play({"imap", client, kOff}, ImapAfter(client == kReq ? kRequiredGreeted : kImapGreeted, "C+ ") +
                                       std::string(bad.line) + "\nc: * BYE Syntax error: " + std::string(bad.why) +
                                       "\n! fail protocol_error client");
    }
  }
}

// R1 and R2: what lies behind the go-ahead ends the session, and nothing of it reaches the client.
TEST(ImapAttack, BytesBehindTheGoAhead) {
  for (const std::string_view tail : {"* CAPABILITY injected\\r\\nB OK\\r\\n", "* CAP", "\\x16\\x03", "\\n"}) {
    for (const TlsMode client : kModes) {
      for (const TlsMode server : {kOpp, kReq}) {
        DialogueDriver driver = PlayOnce({"imap", client, server}, kImapOffered);
        driver.Arrive(Side::kServer, "starlock2 OK\r\n" + Unescape(tail));
        ASSERT_EQ(driver.act(), ActKind::kFail) << tail;
        EXPECT_EQ(driver.failure().end, End::kPlaintextAfterStarttls);
        EXPECT_EQ(driver.failure().blame, Blame::kServer);
        EXPECT_EQ(driver.said(Side::kClient), std::string(kImapBye.substr(3, kImapBye.size() - 4)) + "\r\n");
        EXPECT_EQ(driver.dials(), 1);
      }
    }
  }
}

TEST(ImapAttack, R3AnswersBeforeTheQuestion) {
  const std::string_view kGreeting = "* OK old\r\n";
  const std::string_view kAnswer = "* CAPABILITY STARTTLS\r\nstarlock1 OK\r\n";
  for (const TlsMode server : {kOpp, kReq}) {
    for (const std::string& tail : {std::string(kAnswer), std::string("starlock2 OK begin\r\n"), std::string("*")}) {
      DialogueDriver first = Stage({"imap", kOff, server});
      first.Open();
      first.Arrive(Side::kServer, std::string(kGreeting) + tail);
      EXPECT_EQ(first.failure().end, End::kProtocolError) << tail;
      EXPECT_EQ(first.said(Side::kServer), "");
      DialogueDriver second = Stage({"imap", kOff, server});
      second.Open();
      second.Arrive(Side::kServer, kGreeting);
      second.Arrive(Side::kServer, std::string(kAnswer) + tail);
      EXPECT_EQ(second.failure().end, End::kProtocolError) << tail;
      EXPECT_EQ(second.said(Side::kServer), "starlock1 CAPABILITY\r\n");
      EXPECT_EQ(second.said(Side::kClient), "* BYE [UNAVAILABLE] Service not available\r\n");
    }
  }
}

}  // namespace
}  // namespace starlock::test
