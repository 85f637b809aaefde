// What stands between the legs beyond the meeting point: while the client may still upgrade, and while the server's leg
// is plaintext.

#include <gtest/gtest.h>

#include "scenes.h"

namespace starlock::test {
namespace {

TEST(ImapFilter, CapabilitiesComeBackWithTheOffer) {
  for (const TlsMode server : {kOff, kImp}) {
    Play({"imap", kOpp, server}, ImapAfter(kImapGreeted, R"(
      C: a capability
      s: a capability
      S: * CAPABILITY IMAP4rev1 StartTLS LOGINDISABLED AUTH=PLAIN
      S: * capability A
      S+ * CAPABILITY A  B \r\n
      S: * OK [CAPABILITY STARTTLS] x
      S: * OK [ALERT] [CAPABILITY A]
      S: a OK [CAPABILITY A B] [CAPABILITY C]
      c: * CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=PLAIN STARTTLS
      c: * capability A STARTTLS
      c+ * CAPABILITY A  B STARTTLS \r\n
      c: * OK [CAPABILITY STARTTLS] x
      c: * OK [ALERT] [CAPABILITY A]
      c: a OK [CAPABILITY A B STARTTLS] [CAPABILITY C]
    )"));
  }
}

TEST(ImapFilter, AnUpstreamsOfferIsTakenOut) {
  for (const TlsMode client : {kOff, kImp}) {
    const std::string refusal = client == kImp ? "TLS is already active" : "STARTTLS is not available";
    Play({"imap", client, kOff}, ImapAfter(kImapGreeted, R"(
      C: a CAPABILITY
      s: a CAPABILITY
      S: * CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED
      S: a OK [CAPABILITY STARTTLS IMAP4rev1] STARTTLS
      c: * CAPABILITY IMAP4rev1 LOGINDISABLED
      c: a OK [CAPABILITY IMAP4rev1] STARTTLS
      C: b STARTTLS
      C: c STARTTLS x
    )") + "c: b BAD " + refusal + "\nc: c BAD " +
                                     refusal + "\nC: d NOOP\ns: d NOOP");
  }
}

TEST(ImapFilter, UpgradesOnTheUpstreamsConnection) {
  const std::string until = ImapAfter(kImapGreeted, R"(
    C: a NOOP
    C: b ID NIL
    C: c STARTTLS
    s: a NOOP
    s: b ID NIL
    S: a OK
    c: a OK
    S: * ID ("name" {10}
    S: b OK forge)
    S: b OK
    c: * ID ("name" {10}
    c: b OK forge)
    c: b OK
    c: c OK Begin TLS negotiation now
    ! tls-client
    @ up
  )");
  Play({"imap", kOpp, kImp}, until + "! relay");
  Play({"imap", kOpp, kOff}, until + R"(
    C: d CAPABILITY
    s: d CAPABILITY
    S: * CAPABILITY IMAP4rev1 STARTTLS
    S: d OK
    c: * CAPABILITY IMAP4rev1
    c: d OK
    C: e STARTTLS
    c: e BAD TLS is already active
    C: f LOGIN a b
    s: f LOGIN a b
    S: f OK [CAPABILITY STARTTLS IDLE] in
    c: f OK [CAPABILITY IDLE] in
    ! relay
  )");
}

TEST(ImapFilter, AStatefulCommandClosesTheWindow) {
  for (const std::string_view command : {"LOGIN a b", "SELECT x", "XYZZY", "ENABLE y", "COMPRESS DEFLATE"}) {
    for (const TlsMode server : {kOff, kImp}) {
      Play({"imap", kOpp, server},
           std::string(kImapGreeted) + "C: a " + std::string(command) + "\ns: a " + std::string(command) + R"(
        S: a NO
        c: a NO
        C: b STARTTLS
        c: b BAD Too late for STARTTLS
        C: c CAPABILITY
        s: c CAPABILITY
        S: * CAPABILITY A STARTTLS
        c: * CAPABILITY A
      )");
    }
  }
}

TEST(ImapFilter, SaslLinesAreData) {
  Play({"imap", kOff, kOff}, ImapAfter(kImapGreeted, R"(
    C: a AUTHENTICATE LOGIN
    C: b STARTTLS
    C: c STARTTLS
    C: d STARTTLS
    s: a AUTHENTICATE LOGIN
    S: + VXNlcg==
    c: + VXNlcg==
    s: b STARTTLS
    S: +
    c: +
    s: c STARTTLS
    S: a NO no
    c: a NO no
    c: d BAD STARTTLS is not available
    C: e AUTHENTICATE PLAIN AGEAYg==
    C: f SELECT x
    s: e AUTHENTICATE PLAIN AGEAYg==
    S: * CAPABILITY STARTTLS A
    S: e OK [CAPABILITY A STARTTLS] in
    c: * CAPABILITY A
    c: e OK [CAPABILITY A] in
    s: f SELECT x
    ! relay
  )"));
  // The server ends the exchange: what comes next is a command.
  Play({"imap", kOff, kOff}, ImapAfter(kImapGreeted, R"(
    C: a AUTHENTICATE LOGIN
    s: a AUTHENTICATE LOGIN
    S: +
    S: a BAD timeout
    c: +
    c: a BAD timeout
    C: b STARTTLS
    c: b BAD STARTTLS is not available
  )"));
}

TEST(ImapFilter, LiteralsAreDataAndTheUpstreamAllowsThem) {
  Play({"imap", kOpp, kOff}, ImapAfter(kImapGreeted, R"(
    C: a ID ("n" {12}
    C: b STARTTLS
    C: )
    s: a ID ("n" {12}
    S: + go on
    c: + go on
    s: b STARTTLS
    s: )
    S: a OK
    c: a OK
    C: c ID ({13+}
    C: d STARTTLS
    C+  {0}\r\n
    C: e STARTTLS
    s: c ID ({13+}
    s: d STARTTLS
    s+  {0}\r\n
    S: c NO not you
    c: c NO not you
    c: e BAD Too late for STARTTLS
  )"));
  Play({"imap", kOff, kOff}, ImapAfter(kImapGreeted, R"(
    C: a LOGIN {1}
    C+ u {1}\r\n
    C+ \0\r\n
    C: b SELECT x
    s: a LOGIN {1}
    S: + go on
    c: + go on
    s+ u {1}\r\n
    S: +
    c: +
    s+ \0\r\n
    S: a OK in
    c: a OK in
    s: b SELECT x
    ! relay
  )"));
}

TEST(ImapFilter, WhatNoServerMayReadDoesNotCross) {
  for (const TlsMode client : {kOff, kOpp}) {
    Play({"imap", client, kOff}, ImapAfter(kImapGreeted, R"(
      C+ a  STARTTLS\r\n
      C+  a STARTTLS\r\n
      C+ a\tSTARTTLS\r\n
      C: STARTTLS
      C: STARTTLS {12+}
      C: b STARTTLS
      C:
      C: c "LOGIN" {3}
      C: d NOOP
      c: a BAD Invalid command
      c: * BAD Invalid command
      c: * BAD Invalid command
      c: STARTTLS BAD Invalid command
      c: STARTTLS BAD Invalid command
      c: c BAD Invalid command
      s: d NOOP
    )"));
  }
}

TEST(ImapFilter, Limits) {
  DialogueDriver driver = PlayOnce({"imap", kOff, kOff}, kImapGreeted);
  for (int i = 0; i < 100; ++i) driver.Arrive(Side::kClient, "a STARTTLS\r\n");
  EXPECT_EQ(driver.act(), ActKind::kRead);
  driver.Arrive(Side::kClient, "a STARTTLS\r\n");
  EXPECT_EQ(driver.failure().end, End::kLimit);

  DialogueDriver asking = PlayOnce({"imap", kOff, kOff}, kImapGreeted);
  for (int i = 0; i < 101; ++i) asking.Arrive(Side::kClient, "a" + std::to_string(i) + " NOOP\r\n");
  EXPECT_EQ(asking.unused(Side::kClient), "a100 NOOP\r\n");
  asking.Arrive(Side::kServer, "a7 OK\r\n");
  EXPECT_EQ(asking.unused(Side::kClient), "");
}

// A tag that is in use already waits, so that each answer's question is known.
TEST(ImapFilter, TheSameTagTwice) {
  Play({"imap", kOff, kOff}, ImapAfter(kImapGreeted, R"(
    C: a CAPABILITY
    C: a LOGIN b c
    s: a CAPABILITY
    S: a OK
    c: a OK
    s: a LOGIN b c
    S: x OK who?
    c: x OK who?
    S: a OK in
    c: a OK in
    ! relay
  )"));
}

TEST(ImapFilter, NotesWhatTheOperatorShouldChange) {
  Play({"imap", kOpp, kImp}, ImapAfter(kImapGreeted, R"(
    C: a CAPABILITY
    s: a CAPABILITY
    S: * CAPABILITY AUTH=SCRAM-SHA-256-PLUS
    S: * CAPABILITY AUTH=SCRAM-SHA-256-PLUS
    c: * CAPABILITY AUTH=SCRAM-SHA-256-PLUS STARTTLS
    c: * CAPABILITY AUTH=SCRAM-SHA-256-PLUS STARTTLS
    note: the server offers channel binding
    S: a OK
    c: a OK
    C: b AUTHENTICATE external =
    s: b AUTHENTICATE external =
    note: the client wants to authenticate with its TLS certificate
  )"));
}

TEST(ImapFilter, AServerThatLeaves) {
  Play({"imap", kOff, kOff}, ImapAfter(kImapGreeted, R"(
    C: a LOGOUT
    s: a LOGOUT
    S: * BYE bye
    S: a OK
    c: * BYE bye
    c: a OK
  )"));
}

}  // namespace
}  // namespace starlock::test
