// What stands between the legs beyond the meeting point: while the client may still upgrade, and while the server's leg
// is plaintext.

#include <gtest/gtest.h>

#include "scenes.h"

namespace starlock::test {
namespace {

constexpr std::string_view kGreeted = "S: 220 old\nc: 220 old\n";

std::string After(std::string_view beginning, std::string_view rest) {
  return std::string(beginning) + std::string(rest);
}

// RFC 2033 4.2, the whole of it: a client that never upgrades has the session that it would have had without us.
TEST(SmtpFilter, Rfc2033Example) {
  for (const TlsMode client : {kOff, kImp}) {
    Play({"lmtp", client, kOff}, R"(
      S: 220 foo.edu LMTP server ready
      c: 220 foo.edu LMTP server ready
      C: LHLO foo.edu
      s: LHLO foo.edu
      S: 250-foo.edu
      S: 250-PIPELINING
      S: 250 SIZE
      c: 250-foo.edu
      c: 250-PIPELINING
      c: 250 SIZE
      C: MAIL FROM:<chris@bar.com>
      s: MAIL FROM:<chris@bar.com>
      S: 250 OK
      c: 250 OK
      C: RCPT TO:<pat@foo.edu>
      s: RCPT TO:<pat@foo.edu>
      S: 250 OK
      c: 250 OK
      C: RCPT TO:<jones@foo.edu>
      C: RCPT TO:<green@foo.edu>
      C: DATA
      s: RCPT TO:<jones@foo.edu>
      s: RCPT TO:<green@foo.edu>
      s: DATA
      S: 550 No such user here
      S: 250 OK
      S: 354 Start mail input; end with <CRLF>.<CRLF>
      c: 550 No such user here
      c: 250 OK
      c: 354 Start mail input; end with <CRLF>.<CRLF>
      ! relay
    )");
  }
}

TEST(SmtpFilter, OffersStarttlsOnceInTheRightPlace) {
  for (const TlsMode server : {kOff, kImp}) {
    PlayBoth(kOpp, server, After(kGreeted, R"(
      C: HELLO client
      s: HELLO client
      S: 250-old
      S: 250-SIZE 1
      S: 250 HELP
      c: 250-old
      c: 250-STARTTLS
      c: 250-SIZE 1
      c: 250 HELP
      C: HELLO client
      s: HELLO client
      S: 250-old
      S: 250-STARTTLS
      S: 250-SIZE 1
      S: 250 starttls
      c: 250-old
      c: 250-STARTTLS
      c: 250 SIZE 1
      C: HELLO client
      s: HELLO client
      S: 250 old
      c: 250-old
      c: 250 STARTTLS
      C: HELLO client
      s: HELLO client
      S: 250
      c: 250-
      c: 250 STARTTLS
    )"));
  }
}

TEST(SmtpFilter, TakesAnUpstreamsOfferOut) {
  PlayBoth(kOff, kOff, After(kGreeted, R"(
    C: HELLO client
    s: HELLO client
    S: 250-old
    S: 250-STARTTLS
    S: 250 SIZE 1
    c: 250-old
    c: 250 SIZE 1
    C: HELLO client
    s: HELLO client
    S: 250-old
    S: 250-SIZE 1
    S: 250 STARTTLS
    c: 250-old
    c: 250 SIZE 1
    C: HELLO client
    s: HELLO client
    S: 250-old
    S: 250 starttls now
    c: 250 old
    C: STARTTLS
    c: 502 5.5.1 STARTTLS is not available
    C: STARTTLS x
    c: 502 5.5.1 STARTTLS is not available
    C: NOOP
    s: NOOP
  )"));
}

TEST(SmtpFilter, OtherAnswersToHelloComeAsTheyWere) {
  Play({"smtp", kOpp, kOff}, After(kGreeted, R"(
    C: EHLO client
    s: EHLO client
    S: 502-what?
    S: 502 STARTTLS
    c: 502-what?
    c: 502 STARTTLS
    C: HELO client
    s: HELO client
    S: 250-old
    S: 250 STARTTLS
    c: 250-old
    c: 250 STARTTLS
  )"));
}

TEST(SmtpFilter, UpgradesOnTheUpstreamsConnection) {
  PlayBoth(kOpp, kOff, After(kGreeted, R"(
    C: HELLO client
    s: HELLO client
    S: 250 old
    c: 250-old
    c: 250 STARTTLS
    C: STARTTLS
    c: 220 2.0.0 Ready to start TLS
    ! tls-client
    @ up
    // The upstream remembers the HELLO before TLS. RFC 3207 4.2: the client must begin anew.
    C: MAIL FROM:<a>
    C: AUTH PLAIN AGEAYg==
    C: RCPT TO:<b>
    c+ 503 5.5.1 Send HELLO first\r\n503 5.5.1 Send HELLO first\r\n503 5.5.1 Send HELLO first\r\n
    C: NOOP
    s: NOOP
    S: 250 OK
    c: 250 OK
    C: HELLO client
    s: HELLO client
    S: 250-old
    S: 250 STARTTLS
    c: 250 old
    C: STARTTLS
    c: 503 5.5.1 TLS is already active
    C: MAIL FROM:<a>
    s: MAIL FROM:<a>
    S: 250 ok
    c: 250 ok
    C: STARTTLS
    c: 503 5.5.1 TLS is already active
  )"));
}

TEST(SmtpFilter, RelaysAtTheFirstHelloInsideTlsOnBothLegs) {
  PlayBoth(kOpp, kImp, After(kGreeted, R"(
    C: HELLO client
    s: HELLO client
    S: 250 new
    c: 250-new
    c: 250 STARTTLS
    C: STARTTLS
    c: 220 2.0.0 Ready to start TLS
    ! tls-client
    @ up
    C: MAIL FROM:<a>
    c+ 503 5.5.1 Send HELLO first\r\n
    C: STARTTLS
    c: 503 5.5.1 TLS is already active
    C: HELLO client
    s: HELLO client
    ! relay
  )"));
  PlayBoth(kOpp, kImp, After(kGreeted, R"(
    C: STARTTLS
    c: 220 2.0.0 Ready to start TLS
    ! tls-client
    @ up
    ! relay
  )"));
}

// A HELLO that the upstream refuses has introduced nobody.
TEST(SmtpFilter, OnlyAnAcceptedHelloOpensTheWayToMail) {
  PlayBoth(kOpp, kOff, After(kGreeted, R"(
    C: HELLO client
    s: HELLO client
    S: 250 old
    c: 250-old
    c: 250 STARTTLS
    C: STARTTLS
    c: 220 2.0.0 Ready to start TLS
    ! tls-client
    @ up
    C: HELLO
    C: MAIL FROM:<a>
    s: HELLO
    S: 501 who?
    c: 501 who?
    c+ 503 5.5.1 Send HELLO first\r\n
    C: HELO client
    C: MAIL FROM:<a>
    s: HELO client
    S: 250 old
    c: 250 old
    s: MAIL FROM:<a>
  )"));
}

TEST(SmtpFilter, HeloOnlyClient) {
  Play({"smtp", kOpp, kOff}, After(kGreeted, R"(
    C: HELO client
    s: HELO client
    S: 250 old
    c: 250 old
    C: MAIL FROM:<a>
    s: MAIL FROM:<a>
    S: 250 ok
    c: 250 ok
  )"));
}

TEST(SmtpFilter, AClientThatSaysNoHelloAtAll) {
  for (const TlsMode server : {kOff, kImp}) {
    PlayBoth(kOpp, server, After(kGreeted, "C: MAIL FROM:<a>\ns: MAIL FROM:<a>"));
  }
  // The upstream has had our introduction; that makes this client no worse off.
  PlayBoth(kOff, kOpp, R"(
    S: 220 old
    s: HELLO proxy.example.org
    S: 250 old
    note: the server does not offer
    c: 220 old
    C: MAIL FROM:<a>
    s: MAIL FROM:<a>
    S: 250 ok
    c: 250 ok
  )");
}

TEST(SmtpFilter, AuthInOneStep) {
  PlayBoth(kOpp, kOff, After(kGreeted, R"(
    C: AUTH PLAIN AGEAYg==
    s: AUTH PLAIN AGEAYg==
    S: 235 2.7.0 welcome
    c: 235 2.7.0 welcome
    C: STARTTLS
    c: 503 5.5.1 Too late for STARTTLS
  )"));
}

TEST(SmtpFilter, AuthWithContinuations) {
  PlayBoth(kOff, kOff, After(kGreeted, R"(
    C: AUTH LOGIN
    s: AUTH LOGIN
    S: 334 VXNlcm5hbWU6
    c: 334 VXNlcm5hbWU6
    // F2: whatever it looks like, it is a SASL response.
    C: STARTTLS
    s: STARTTLS
    S: 334 UGFzc3dvcmQ6
    c: 334 UGFzc3dvcmQ6
    C: XCLIENT ADDR=1
    s: XCLIENT ADDR=1
    S: 535 5.7.8 no
    c: 535 5.7.8 no
    C: STARTTLS
    c: 502 5.5.1 STARTTLS is not available
    C: AUTH LOGIN
    s: AUTH LOGIN
    S: 334 VXNlcm5hbWU6
    c: 334 VXNlcm5hbWU6
    C: *
    s: *
    S: 501 5.7.0 cancelled
    c: 501 5.7.0 cancelled
    C: NOOP
    s: NOOP
    S: 250 OK
    c: 250 OK
    C: AUTH LOGIN YQ==
    s: AUTH LOGIN YQ==
    S: 334
    c: 334
    C+ \r\n
    s+ \r\n
    S: 235 welcome
    c: 235 welcome
    C: STARTTLS
    c: 502 5.5.1 STARTTLS is not available
  )"));
}

// The server may end an exchange without waiting for a response: STARTTLS behind it is a command, and does not cross.
TEST(SmtpFilter, AfterAnExchangeThatTheServerEndedComesACommand) {
  PlayBoth(kOpp, kOff, After(kGreeted, R"(
    C: AUTH LOGIN
    s: AUTH LOGIN
    S: 334 VXNlcm5hbWU6
    S: 535 5.7.8 timeout
    c: 334 VXNlcm5hbWU6
    c: 535 5.7.8 timeout
    C: STARTTLS
    c: 503 5.5.1 Too late for STARTTLS
  )"));
}

// A client that does not wait for its challenges has the same session.
TEST(SmtpFilter, AuthPipelinedWithItsResponses) {
  PlayBoth(kOpp, kOff, After(kGreeted, R"(
    C: HELLO client
    C: AUTH LOGIN
    C: STARTTLS
    C: MAIL FROM:<b>
    C: NOOP
    s: HELLO client
    s: AUTH LOGIN
    // The window closed with AUTH: nothing is offered any more.
    S: 250-old
    S: 250 AUTH LOGIN
    c: 250-old
    c: 250 AUTH LOGIN
    S: 334 VXNlcm5hbWU6
    c: 334 VXNlcm5hbWU6
    s: STARTTLS
    S: 334 UGFzc3dvcmQ6
    c: 334 UGFzc3dvcmQ6
    s: MAIL FROM:<b>
    S: 535 no
    c: 535 no
    s: NOOP
    S: 250 OK
    c: 250 OK
    C: STARTTLS
    c: 503 5.5.1 Too late for STARTTLS
  )"));
}

TEST(SmtpFilter, WhatFollowsASuccessfulAuthIsStillRead) {
  PlayBoth(kOpp, kOff, After(kGreeted, R"(
    C: AUTH PLAIN AGEAYg==
    C: STARTTLS
    C: XCLIENT ADDR=1
    s: AUTH PLAIN AGEAYg==
    S: 235 welcome
    c: 235 welcome
    c: 503 5.5.1 Too late for STARTTLS
    c: 550 5.7.1 XCLIENT and XFORWARD are not allowed
  )"));
}

// Also before a plaintext server that lists neither STARTTLS nor XCLIENT nor XFORWARD.
TEST(SmtpFilter, ASuccessfulAuthEndsItBeforeAServerWithTls) {
  constexpr std::string_view kLogin =
      "C: AUTH PLAIN AGEAYg==\ns: AUTH PLAIN AGEAYg==\nS: 235 welcome\nc: 235 welcome\n! relay";
  PlayBoth(kOff, kImp, After(kGreeted, kLogin));
  Play({"smtp", kOff, kOff},
       After(kGreeted,
             After("C: EHLO a\ns: EHLO a\nS: 250-old\nS: 250 AUTH PLAIN\nc: 250-old\nc: 250 AUTH PLAIN\n", kLogin)));
}

TEST(SmtpFilter, TheFirstMessageEndsItWhereNothingMustNotCross) {
  constexpr std::string_view kHello = "C: EHLO a\ns: EHLO a\n";
  constexpr std::string_view kData = "C: DATA\ns: DATA\nS: 554 no\nc: 554 no\nC: DATA\ns: DATA\nS: 354 go\nc: 354 go\n";
  Play({"smtp", kOff, kOff},
       After(kGreeted, After(kHello, After("S: 250 old\nc: 250 old\n", After(kData, "! relay")))));
  Play({"smtp", kOff, kImp}, After(kGreeted, After(kData, "! relay")));
  for (const std::string_view extension : {"STARTTLS", "XCLIENT ADDR", "xforward NAME"}) {
    const std::string listed = "S: 250-old\nS: 250 " + std::string(extension) + "\nc: 250 old\n";
    Play({"smtp", kOff, kOff}, After(kGreeted, After(kHello, After(listed, kData))));
  }
}

// The replies do not belong to the commands any more, so nothing that follows could be judged.
TEST(SmtpFilter, AReplyThatNoSuchCommandHasEndsTheSession) {
  for (const std::string_view command : {"MAIL FROM:<a>", "RCPT TO:<b>", "RSET", "EHLO a"}) {
    Play({"smtp", kOff, kOff}, After(kGreeted, "C: " + std::string(command) + "\ns: " + std::string(command) +
                                                   "\nS: 354 go\nc: 354 go\nc: 421 4.4.1 proxy.example.org Service not "
                                                   "available\n! fail protocol_error server"));
  }
}

TEST(SmtpFilter, ADisguisedStarttlsDoesNotCross) {
  for (const std::string_view line :
       {R"("STARTTLS")", R"(\\STARTTLS)", R"(\xc5\xbfTARTTLS)", R"(XCL\xc4\xb1ENT ADDR=1)", R"(\x7fXFORWARD a)"}) {
    Play({"smtp", kOff, kOff},
         After(kGreeted, "C+ " + std::string(line) + "\\r\\n\nc: 500 5.5.2 Command not recognized"));
  }
  Play({"smtp", kOff, kOff}, After(kGreeted, "C+ X-\\xe4\\r\\n\ns+ X-\\xe4\\r\\n"));
}

// A 235 that answers something else ends nothing.
TEST(SmtpFilter, OnlyTheAnswerToAuthIsASuccess) {
  PlayBoth(kOff, kOff, After(kGreeted, R"(
    C: NOOP
    s: NOOP
    S: 235 welcome
    c: 235 welcome
    S: 235 welcome
    c: 235 welcome
    C: XCLIENT ADDR=1
    c: 550 5.7.1 XCLIENT and XFORWARD are not allowed
  )"));
}

// F1: once a stateful verb has crossed, nothing of it could be undone.
TEST(SmtpFilter, AStatefulVerbClosesTheWindow) {
  for (const std::string_view verb :
       {"AUTH PLAIN x", "MAIL FROM:<a>", "RCPT TO:<a>", "DATA", "ETRN x", "HELP", "VRFY x", "TURN", "nonsense", ""}) {
    PlayBoth(kOpp, kOff,
             After(kGreeted, "C: " + std::string(verb) + "\ns: " + std::string(verb) +
                                 "\nS: 503 no\nc: 503 no\n"
                                 "C: STARTTLS\nc: 503 5.5.1 Too late for STARTTLS\n"
                                 "C: STARTTLS x\nc: 503 5.5.1 Too late for STARTTLS\n"
                                 "C: HELLO client\ns: HELLO client\nS: 250-old\nS: 250 STARTTLS\nc: 250 old"));
  }
}

TEST(SmtpFilter, StatelessVerbsLeaveItOpen) {
  for (const std::string_view verb : {"NOOP", "RSET", "HELO x", "noop x"}) {
    PlayBoth(kOpp, kOff,
             After(kGreeted, "C: " + std::string(verb) + "\ns: " + std::string(verb) +
                                 "\nS: 250-a\nS: 250 b\nc: 250-a\nc: 250 b\n"
                                 "C: STARTTLS\nc: 220 2.0.0 Ready to start TLS\n! tls-client"));
  }
}

// RFC 2920 and RFC 3207 4: STARTTLS may end a group; its answer keeps its place behind those of the others.
TEST(SmtpFilter, StarttlsAtTheEndOfAGroup) {
  for (const TlsMode server : {kOff, kImp}) {
    PlayBoth(kOpp, server, After(kGreeted, R"(
      C: HELLO client
      C: NOOP
      C: STARTTLS
      s: HELLO client
      s: NOOP
      S: 250-old
      S: 250 SIZE 1
      c: 250-old
      c: 250-STARTTLS
      c: 250 SIZE 1
      S: 250 OK
      c: 250 OK
      c: 220 2.0.0 Ready to start TLS
      ! tls-client
    )"));
  }
}

TEST(SmtpFilter, OurOwnAnswersKeepTheirPlace) {
  PlayBoth(kOff, kOff, After(kGreeted, R"(
    C: NOOP
    C: STARTTLS
    C: XCLIENT ADDR=1
    C: RSET
    C: MAIL FROM:<a>
    C: RCPT TO:<b>
    s: NOOP
    S: 250 one
    c: 250 one
    c: 502 5.5.1 STARTTLS is not available
    c: 550 5.7.1 XCLIENT and XFORWARD are not allowed
    s: RSET
    s: MAIL FROM:<a>
    s: RCPT TO:<b>
  )"));
}

// P2: the upstream may trust our address. A client may not have it believe anything on that account.
TEST(SmtpFilter, XclientAndXforwardAreRefused) {
  for (const TlsMode client : {kOff, kOpp, kImp}) {
    for (const std::string_view line :
         {"XCLIENT ADDR=1", " xclient addr=1", "XCLIENT\\vADDR=1", "\\t\\v XCLIENT\\tADDR=1", "XCLIENT",
          "XFORWARD NAME=x", "\\txForward\\tADDR=1"}) {
      PlayBoth(client, kOff,
               After(kGreeted, "C+ " + std::string(line) +
                                   "\\r\\n\nc: 550 5.7.1 XCLIENT and XFORWARD are not allowed\nC: NOOP\ns: NOOP"));
    }
  }
}

TEST(SmtpFilter, XclientAndXforwardAreHidden) {
  for (const TlsMode client : {kOff, kOpp, kImp}) {
    PlayBoth(client, kOff,
             After(kGreeted,
                   "C: HELLO client\ns: HELLO client\nS: 250-old\nS: 250-xclient NAME ADDR\nS: 250-SIZE 1\n"
                   "S: 250 XFORWARD NAME ADDR\nc: 250-old\n" +
                       std::string(client == kOpp ? "c: 250-STARTTLS\n" : "") + "c: 250 SIZE 1"));
  }
}

TEST(SmtpFilter, AnUnsolicited421) {
  for (const TlsMode server : {kOff, kImp}) {
    PlayBoth(kOpp, server, After(kGreeted, "S: 421-old\nS: 421 too slow\nc: 421-old\nc: 421 too slow"));
  }
  PlayBoth(kOff, kOff, After(kGreeted, "C: NOOP\ns: NOOP\nS: 421 too slow\nc: 421 too slow"));
}

// Replies that nobody asked for don't make the filter wait for ever, or lose count below zero.
TEST(SmtpFilter, MoreAnswersThanQuestions) {
  PlayBoth(kOpp, kOff, After(kGreeted, R"(
    C: NOOP
    s: NOOP
    S: 250 one
    S: 250 two
    S: 250 three
    c: 250 one
    c: 250 two
    c: 250 three
    C: NOOP
    C: STARTTLS
    s: NOOP
    S: 250 four
    c: 250 four
    c: 503 5.5.1 Too late for STARTTLS
  )"));
}

// Whether the server wants a MAIL first is its affair: what it asks for is a message.
TEST(SmtpFilter, DataWithoutMail) {
  PlayBoth(kOpp, kOff, After(kGreeted, R"(
    C: DATA
    s: DATA
    S: 354 go
    c: 354 go
    C: STARTTLS
    C: .
    s: STARTTLS
    s: .
    S: 250 taken
    c: 250 taken
    C: STARTTLS
    c: 503 5.5.1 Too late for STARTTLS
  )"));
}

TEST(SmtpFilter, TheQuestionsOutstandingAreLimited) {
  DialogueDriver driver = PlayOnce({"smtp", kOff, kOff}, kGreeted);
  std::string noops;
  for (int i = 0; i < 150; ++i) noops += "NOOP\r\n";
  driver.Arrive(Side::kClient, noops);
  EXPECT_EQ(driver.said(Side::kServer).size(), 100 * 6U);
  EXPECT_EQ(driver.unused(Side::kClient).size(), 50 * 6U);
  for (int i = 0; i < 10; ++i) driver.Arrive(Side::kServer, "250 OK\r\n");
  EXPECT_EQ(driver.said(Side::kServer).size(), 110 * 6U);
  for (int i = 0; i < 140; ++i) driver.Arrive(Side::kServer, "250 OK\r\n");
  EXPECT_EQ(driver.said(Side::kServer), noops);
  EXPECT_EQ(driver.act(), ActKind::kRead);
}

TEST(SmtpFilter, RefusalsAreLimited) {
  DialogueDriver driver = PlayOnce({"smtp", kOff, kOff}, kGreeted);
  for (int i = 0; i < 100; ++i) driver.Arrive(Side::kClient, "STARTTLS\r\n");
  EXPECT_EQ(driver.act(), ActKind::kRead);
  driver.Arrive(Side::kClient, "STARTTLS\r\n");
  EXPECT_EQ(driver.act(), ActKind::kFail);
  EXPECT_EQ(driver.failure().end, End::kLimit);
  EXPECT_EQ(driver.failure().blame, Blame::kClient);
}

TEST(SmtpFilter, GoodbyesWhileFiltering) {
  for (const std::string_view questions : {"", "C: NOOP\ns: NOOP\nS+ 250-par\n"}) {
    PlayBoth(kOpp, kOff,
             After(kGreeted, std::string(questions) + "@ drained none\nc: 421 4.3.2 proxy.example.org Shutting down\n"
                                                      "! fail drained none"));
    PlayBoth(kOpp, kOff,
             After(kGreeted,
                   std::string(questions) + "@ idle none\nc: 421 4.4.2 proxy.example.org Timeout\n! fail idle none"));
  }
}

// Half of a reply is not the client's to see.
TEST(SmtpFilter, AServerThatBreaksTheProtocol) {
  PlayBoth(kOpp, kOff, After(kGreeted, R"(
    C: HELLO client
    s: HELLO client
    S: 250-old
    S: 251 secret
    c: 421 4.4.1 proxy.example.org Service not available
    ! fail protocol_error server
  )"));
  PlayBoth(kOpp, kOff, After(kGreeted, R"(
    S+ 250 secret\n
    c: 421 4.4.1 proxy.example.org Service not available
    ! fail protocol_error server
  )"));
}

// The whole of a declined offer, with every way in which such a client may speak: not a byte is lost or moved.
TEST(SmtpFilter, ADeclinedOfferChangesNothingElse) {
  for (const TlsMode server : {kOff, kImp}) {
    PlayBoth(kOpp, server, After(kGreeted, R"(
      C+ rset \t\r\n
      C: hELLO x y z
      C: vrfy  <postmaster>
      C: Help
      s+ rset \t\r\n
      s: hELLO x y z
      s: vrfy  <postmaster>
      s: Help
      S+ 250-\r\n250 \xe4\r\n500 5.5.1\twhat?\r\n214-a\r\n214 b\r\n
      c+ 250-\r\n250 \xe4\r\n500 5.5.1\twhat?\r\n214-a\r\n214 b\r\n
    )"));
  }
}

}  // namespace
}  // namespace starlock::test
