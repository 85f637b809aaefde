// The leg towards the client: what is said before the TLS that is required, and the greeting in every pair of modes.

#include <gtest/gtest.h>

#include "scenes.h"

namespace starlock::test {
namespace {

// RFC 2595 3.1, the example, as far as it is ours.
TEST(ImapServerRole, Rfc2595Example) {
  Play({"imap", kReq, kOff}, R"(
    S: * OK ready
    c: * OK [CAPABILITY IMAP4rev1 ID STARTTLS LOGINDISABLED] ready
    C: a001 CAPABILITY
    c: * CAPABILITY IMAP4rev1 ID STARTTLS LOGINDISABLED
    c: a001 OK CAPABILITY
    C: a002 STARTTLS
    c: a002 OK Begin TLS negotiation now
    ! tls-client
    @ up
    C: a003 CAPABILITY
    s: a003 CAPABILITY
    S: * CAPABILITY IMAP4rev1 AUTH=EXTERNAL
    S: a003 OK CAPABILITY completed
    c: * CAPABILITY IMAP4rev1 AUTH=EXTERNAL
    c: a003 OK CAPABILITY completed
    C: a004 LOGIN joe password
    s: a004 LOGIN joe password
    S: a004 OK LOGIN completed
    c: a004 OK LOGIN completed
    ! relay
  )");
}

TEST(ImapServerRole, HarmlessCommandsBeforeTls) {
  for (const TlsMode server : {kOff, kImp}) {
    Play({"imap", kReq, server}, std::string(kRequiredGreeted) + R"(
      C: a noop
      C: b ID NIL
      C: c id ("name" "x")
      C: d capability
      C: e NOOP x
      C: f CAPABILITY x
      c: a OK NOOP
      c: * ID NIL
      c: b OK ID
      c: * ID NIL
      c: c OK ID
      c: * CAPABILITY IMAP4rev1 ID STARTTLS LOGINDISABLED
      c: d OK CAPABILITY
      c: e BAD NOOP takes no argument
      c: f BAD CAPABILITY takes no argument
      C: g LOGOUT
      c: * BYE Logging out
      c: g OK LOGOUT
      ! fail closed none
    )");
  }
}

TEST(ImapServerRole, AllElseIsRefused) {
  for (const std::string_view command : {"LOGIN joe password", "AUTHENTICATE PLAIN AGEAYg==", "SELECT INBOX", "XYZZY",
                                         "login \"joe\" \"p\\\"{1\"", "ENABLE IMAP4rev2", "COMPRESS DEFLATE"}) {
    Play({"imap", kReq, kOff}, std::string(kRequiredGreeted) + "C: a1 " + std::string(command) +
                                   "\nc: a1 NO [PRIVACYREQUIRED] Must issue a STARTTLS command first\n"
                                   "@ closed client\nc: * BYE [UNAVAILABLE] Service not available\n"
                                   "! fail tls_required client");
  }
}

TEST(ImapServerRole, StarttlsHasNoArgumentAndNoOtherForm) {
  Play({"imap", kReq, kOff}, std::string(kRequiredGreeted) + R"(
    C: a STARTTLS x
    C+ b STARTTLS \r\n
    C+ c  STARTTLS\r\n
    C: STARTTLS
    C+  d STARTTLS\r\n
    C+ e\tSTARTTLS\r\n
    C: +e STARTTLS
    C: * STARTTLS
    C:
    C: f
    C+ g \r\n
    c: a BAD STARTTLS takes no argument
    c: b BAD STARTTLS takes no argument
    c: c BAD Invalid command
    c: STARTTLS BAD Invalid command
    c: * BAD Invalid command
    c: * BAD Invalid command
    c: * BAD Invalid command
    c: * BAD Invalid command
    c: * BAD Invalid command
    c: f BAD Invalid command
    c: g BAD Invalid command
    C: h starttls
    c: h OK Begin TLS negotiation now
    ! tls-client
  )");
}

TEST(ImapServerRole, LiteralsAreDataAndAreAllowed) {
  Play({"imap", kReq, kOff}, std::string(kRequiredGreeted) + R"(
    C: a ID ("n" {12}
    c: + Ready for literal data
    C: b STARTTLS
    C: )
    c: * ID NIL
    c: a OK ID
    C: c ID ({4+}
    C+ name {0+}\r\n {3}\r\n
    c: + Ready for literal data
    C+ \r\n\0)\r\n
    c: * ID NIL
    c: c OK ID
    C: d ID ("n" {5000}
    c: d BAD Literal too long
    C: e STARTTLS {12+}
    C: f STARTTLS
    C:
    c: e BAD STARTTLS takes no argument
    C: g NOOP
    c: g OK NOOP
  )");
}

// No name and no password is asked for that would be refused: it would cross the wire in vain.
TEST(ImapServerRole, ALoginIsRefusedBeforeItsLiteral) {
  Play({"imap", kReq, kOff}, std::string(kRequiredGreeted) + R"(
    C: a LOGIN {3}
    c: a NO [PRIVACYREQUIRED] Must issue a STARTTLS command first
    C: b LOGIN joe {8+}
    C: password
    c: b NO [PRIVACYREQUIRED] Must issue a STARTTLS command first
    C: c LOGIN joe {12+}
    C: d STARTTLS
    C:
    c: c NO [PRIVACYREQUIRED] Must issue a STARTTLS command first
    C: e STARTTLS
    c: e OK Begin TLS negotiation now
    ! tls-client
  )");
}

TEST(ImapServerRole, WhatIsTooMuchEndsIt) {
  Play({"imap", kReq, kOff}, std::string(kRequiredGreeted) +
                                 "C: a LOGIN {5000+}\nc: * BYE Syntax error: a literal that is too long\n"
                                 "! fail protocol_error client");
  DialogueDriver driver = PlayOnce({"imap", kReq, kOff}, kRequiredGreeted);
  for (int i = 0; i < 100; ++i) driver.Arrive(Side::kClient, "a NOOP\r\n");
  EXPECT_EQ(driver.act(), ActKind::kRead);
  driver.Arrive(Side::kClient, "a NOOP\r\n");
  EXPECT_EQ(driver.act(), ActKind::kFail);
  EXPECT_EQ(driver.failure().end, End::kLimit);
}

// The greeting is the upstream's, with the capabilities of the leg that the client is on.
TEST(ImapServerRole, TheGreetingsCapabilities) {
  constexpr std::string_view kGreeting = "S: * OK [CAPABILITY IMAP4rev1 starttls LOGINDISABLED AUTH=X] old {3}\n";
  for (const TlsMode client : {kOff, kImp}) {
    for (const TlsMode server : {kOff, kImp}) {
      Play({"imap", client, server}, std::string(kGreeting) +
                                         "c: * OK [CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=X] old {3}" +
                                         (client == kImp && server == kImp ? "\n! relay" : ""));
    }
  }
  for (const TlsMode server : {kOff, kImp}) {
    Play({"imap", kOpp, server},
         std::string(kGreeting) + "c: * OK [CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=X STARTTLS] old {3}");
    Play({"imap", kReq, server},
         std::string(kGreeting) + "c: * OK [CAPABILITY IMAP4rev1 ID STARTTLS LOGINDISABLED] old {3}");
    Play({"imap", kReq, server}, "S: * OK [ALERT] old\nc: * OK [ALERT] old");
    Play({"imap", kReq, server},
         "S: * OK [CAPABILITY A\nc: * OK [CAPABILITY IMAP4rev1 ID STARTTLS LOGINDISABLED] Ready");
    Play({"imap", kOpp, server}, "S: * OK [ALERT] [CAPABILITY A] x\nc: * OK [ALERT] [CAPABILITY A] x");
  }
}

TEST(ImapServerRole, AServerThatRefusesServiceIsHeard) {
  for (const TlsMode client : {kOff, kOpp}) Play({"imap", client, kOff}, "S: * BYE busy\nc: * BYE busy");
  Play({"imap", kReq, kOff}, "S: * BYE busy\nc: * BYE busy\n! fail closed server");
}

TEST(ImapServerRole, APreauthenticatedSession) {
  for (const TlsMode server : {kOff, kImp}) {
    for (const TlsMode client : {kOff, kOpp, kImp}) {
      Play({"imap", client, server}, "S: * PREAUTH [CAPABILITY A] x\nc: * PREAUTH [CAPABILITY A] x\n! relay");
    }
    Play({"imap", kReq, server},
         "S: * PREAUTH x\nc: * BYE [UNAVAILABLE] Service not available: no secure connection\n"
         "! fail tls_required server");
  }
}

}  // namespace
}  // namespace starlock::test
