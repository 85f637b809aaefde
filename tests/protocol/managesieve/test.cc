// ManageSieve's two roles and its filter, in transcripts after RFC 5804 1.7 and 2.2.

#include <gtest/gtest.h>

#include <string>

#include "transcript.h"

namespace starlock::test {
namespace {

constexpr TlsMode kOff = TlsMode::kOff;
constexpr TlsMode kOpp = TlsMode::kOpportunistic;
constexpr TlsMode kReq = TlsMode::kRequired;
constexpr TlsMode kImp = TlsMode::kImplicit;

void PlayIt(TlsMode client, TlsMode server, std::string_view first, std::string_view then = {}) {
  Play({"managesieve", client, server}, std::string(first) + std::string(then));
}

// RFC 5804 2.2's example, the server leg: all of it is ours to say, and the client sees what came inside TLS.
TEST(Managesieve, Rfc5804ExampleTowardsTheServer) {
  PlayIt(kOff, kReq, R"(
    S: "IMPLEMENTATION" "Example1 ManageSieved v001"
    S: "SASL" "DIGEST-MD5 GSSAPI"
    S: "SIEVE" "fileinto vacation"
    S: "STARTTLS"
    S: "VERSION" "1.0"
    S: OK
    s: STARTTLS
    S: OK "Begin TLS negotiation now."
    ! tls-server
    blame: server
    @ up
    blame: server
    S: "IMPLEMENTATION" "Example1 ManageSieved v001"
    S: "SASL" "PLAIN DIGEST-MD5 GSSAPI"
    S: "SIEVE" "fileinto vacation"
    S: "VERSION" "1.0"
    S: OK "TLS negotiation successful."
    c: "IMPLEMENTATION" "Example1 ManageSieved v001"
    c: "SASL" "PLAIN DIGEST-MD5 GSSAPI"
    c: "SIEVE" "fileinto vacation"
    c: "VERSION" "1.0"
    c: OK "TLS negotiation successful."
    C: STARTTLS
    c: NO "STARTTLS is not available"
    C: AUTHENTICATE "PLAIN" "AGEAYg=="
    s: AUTHENTICATE "PLAIN" "AGEAYg=="
    S: OK "welcome"
    c: OK "welcome"
    ! relay
    C: STARTTLS
    s: STARTTLS
    ! relay
  )");
}

constexpr std::string_view kOld = R"(
    S: "IMPLEMENTATION" "Old"
    S: "SASL" "PLAIN"
    S: "SIEVE" "fileinto"
    S: OK "ready"
)";

constexpr std::string_view kOldShown = R"(
    c: "IMPLEMENTATION" "Old"
    c: "SASL" "PLAIN"
    c: "SIEVE" "fileinto"
    c: OK "ready"
)";

constexpr std::string_view kOldBeforeTls = R"(
    c: "IMPLEMENTATION" "Old"
    c: "SIEVE" "fileinto"
    c: "SASL" ""
    c: "STARTTLS"
    c: OK "ready"
)";

constexpr std::string_view kOldOffering = R"(
    c: "IMPLEMENTATION" "Old"
    c: "SASL" "PLAIN"
    c: "SIEVE" "fileinto"
    c: "STARTTLS"
    c: OK "ready"
)";

std::string operator+(std::string_view a, std::string_view b) { return std::string(a) + std::string(b); }

TEST(Managesieve, RequiredOfTheClient) {
  PlayIt(kReq, kOff, kOld + kOldBeforeTls, std::string(R"(
    C: CAPABILITY
)") + std::string(kOldBeforeTls) + R"(
    C: NOOP
    c: OK "Done"
    C: noop "a\b c"
    c: OK (TAG "ab c") "Done"
    C+ NOOP {4+}\r\na\r\nb\r\n
    c+ OK (TAG {4}\r\na\r\nb) "Done"\r\n
    C: AUTHENTICATE "PLAIN" "AGEAYg=="
    c: NO (ENCRYPT-NEEDED) "Must issue a STARTTLS command first"
    C+ AUTHENTICATE "PLAIN" {10+}\r\nSTARTTLS\r\n\r\n
    c: NO (ENCRYPT-NEEDED) "Must issue a STARTTLS command first"
    C: LISTSCRIPTS
    c: NO (ENCRYPT-NEEDED) "Must issue a STARTTLS command first"
    C: STARTTLS now
    c: NO "STARTTLS takes no argument"
    C: starttls
    c: OK "Begin TLS negotiation now"
    ! tls-client
    @ up
)" + std::string(kOldShown) + R"(
    C: CAPABILITY
    s: CAPABILITY
    S: "STARTTLS"
    S: "SASL" "PLAIN"
    S: OK
    c: "SASL" "PLAIN"
    c: OK
    C: STARTTLS
    c: NO "TLS is already active"
    C: AUTHENTICATE "PLAIN" "AGEAYg=="
    s: AUTHENTICATE "PLAIN" "AGEAYg=="
    S: OK "welcome"
    c: OK "welcome"
    ! relay
    C: STARTTLS
    s: STARTTLS
    ! relay
)");
}

TEST(Managesieve, RequiredOnBothLegs) {
  PlayIt(kReq, kReq, R"(
    S: "SASL" "FORGED"
    S: "STARTTLS"
    S: OK
    s: STARTTLS
    S: OK
    ! tls-server
    @ up
    S: "IMPLEMENTATION" "New"
    S: "SASL" "PLAIN"
    S: "STARTTLS"
    S: OK
    c: "IMPLEMENTATION" "New"
    c: "SASL" ""
    c: "STARTTLS"
    c: OK
    C: STARTTLS
    c: OK "Begin TLS negotiation now"
    ! tls-client
    @ up
    c: "IMPLEMENTATION" "New"
    c: "SASL" "PLAIN"
    c: OK
    ! relay
  )");
}

TEST(Managesieve, LogoutBeforeRequiredTls) {
  PlayIt(kReq, kOff, kOld + kOldBeforeTls, R"(
    C: LOGOUT
    c: OK "Bye"
    ! fail closed none
  )");
  PlayIt(kReq, kOff, kOld + kOldBeforeTls, R"(
    C: GETSCRIPT "x"
    c: NO (ENCRYPT-NEEDED) "Must issue a STARTTLS command first"
    C: LOGOUT
    c: OK "Bye"
    ! fail tls_required client
  )");
}

TEST(Managesieve, OpportunisticClientThatUpgrades) {
  PlayIt(kOpp, kOff, kOld + kOldOffering,
         std::string(R"(
    C: CAPABILITY
    s: CAPABILITY
)") + std::string(kOld) +
             std::string(kOldOffering) + R"(
    C: NOOP
    s: NOOP
    S+ OK ({4}\r\nNO\r\n) "Done"\r\n
    c+ OK ({4}\r\nNO\r\n) "Done"\r\n
    C: STARTTLS
    c: OK "Begin TLS negotiation now"
    ! tls-client
    @ up
)" + std::string(kOldShown) +
             R"(
    C: CAPABILITY
    s: CAPABILITY
)" + std::string(kOld) +
             std::string(kOldShown) + R"(
    C: AUTHENTICATE "PLAIN"
    s: AUTHENTICATE "PLAIN"
    S: ""
    S: NO "timeout"
    c: ""
    c: NO "timeout"
    C: STARTTLS
    c: NO "TLS is already active"
    C: AUTHENTICATE "PLAIN"
    s: AUTHENTICATE "PLAIN"
    S: ""
    c: ""
    C: "STARTTLS"
    s: "STARTTLS"
    S: NO "no"
    c: NO "no"
    C: STARTTLS
    c: NO "TLS is already active"
)");
  PlayIt(kOpp, kImp, kOld + kOldOffering, std::string(R"(
    C: STARTTLS
    c: OK "Begin TLS negotiation now"
    ! tls-client
    @ up
)") + std::string(kOldShown) + "! relay\n");
}

// F1 and F2: what has crossed closes the window, and what is data is data.
TEST(Managesieve, AuthenticateClosesTheWindow) {
  PlayIt(kOpp, kOff, kOld + kOldOffering, R"(
    C: AUTHENTICATE "LOGIN"
    s: AUTHENTICATE "LOGIN"
    S+ {8}\r\nVXNlcjo=\r\n
    c+ {8}\r\nVXNlcjo=\r\n
    C+ {10+}\r\nSTARTTLS\r\n\r\n
    s+ {10+}\r\nSTARTTLS\r\n\r\n
    S: ""
    c: ""
    C: "*"
    s: "*"
    S: NO "cancelled"
    c: NO "cancelled"
    C: STARTTLS
    c: NO "Too late for STARTTLS"
    C: CAPABILITY
    s: CAPABILITY
    S: "STARTTLS"
    S: OK
    c: OK
    C: AUTHENTICATE "PLAIN" "AA=="
    C: LISTSCRIPTS
    s: AUTHENTICATE "PLAIN" "AA=="
    S+ OK (SASL "cnNwYXV0aA==")\r\n
    c+ OK (SASL "cnNwYXV0aA==")\r\n
    s: LISTSCRIPTS
    ! relay
  )");
}

TEST(Managesieve, AnythingElseClosesTheWindow) {
  for (const std::string_view command : {"LISTSCRIPTS", "XNOOP", "NOOP \"x\"", "HAVESPACE \"a\" 1", "UNAUTHENTICATE"}) {
    PlayIt(kOpp, kOff, kOld + kOldOffering, "C: " + std::string(command) + "\ns: " + std::string(command) + R"(
    S: NO "log in first"
    c: NO "log in first"
    C: STARTTLS
    c: NO "Too late for STARTTLS"
  )");
  }
}

TEST(Managesieve, AnswersKeepTheClientsOrder) {
  PlayIt(kOpp, kOff, kOld + kOldOffering, R"(
    C: NOOP
    C: STARTTLS
    s: NOOP
    S: OK
    c: OK
    c: OK "Begin TLS negotiation now"
    ! tls-client
  )");
  PlayIt(kOff, kOff, kOld + kOldShown, R"(
    C: NOOP
    C: STARTTLS
    C: NOOP
    s: NOOP
    S: OK "1"
    c: OK "1"
    c: NO "STARTTLS is not available"
    s: NOOP
    S: OK "2"
    c: OK "2"
    C+ \r\n
    c: NO "Empty command"
    S: BYE "idle"
    c: BYE "idle"
  )");
}

TEST(Managesieve, ServersOwnOfferIsTakenOut) {
  PlayIt(kOff, kOff, R"(
    S: "STARTTLS"
    S: "SASL" "PLAIN"
    S+ {8}\r\nSTARTTLS\r\n
    S: "SIEVE" "STARTTLS"
    S: "starttls"
    S: OK "STARTTLS"
    c: "SASL" "PLAIN"
    c: "SIEVE" "STARTTLS"
    c: OK "STARTTLS"
  )");
}

TEST(Managesieve, NotOfferedOrRefused) {
  PlayIt(kOff, kReq, kOld, R"(
    c: BYE (TRYLATER) "Service not available: no secure connection"
    ! fail starttls_not_offered server
  )");
  PlayIt(kOff, kOpp, kOld + kOldShown, "note: the server does not offer\n");
  constexpr std::string_view kOffer = R"(
    S: "SASL" "PLAIN"
    S: "STARTTLS"
    S: OK
    s: STARTTLS
  )";
  for (const std::string_view answer : {R"(NO "injected")", R"(NO {8}\r\ninjected)", R"(no)"}) {
    PlayIt(kOff, kReq, kOffer, "S+ " + std::string(answer) + R"(\r\n
    c: BYE (TRYLATER) "Service not available: no secure connection"
    ! fail starttls_refused server
  )");
  }
  PlayIt(kOff, kOpp, kOffer, R"(
    S: NO "not now"
    note: the server refused
    c: "SASL" "PLAIN"
    c: OK
    C: STARTTLS
    c: NO "STARTTLS is not available"
  )");
  for (const TlsMode mode : {kOpp, kReq}) {
    PlayIt(kOff, mode, kOffer, R"(
    S: BYE "injected"
    c: BYE (TRYLATER) "Service not available: no secure connection"
    ! fail starttls_refused server
  )");
    for (const std::string_view line : {"\"OK\"", "OKAY", "220 go"}) {
      PlayIt(kOff, mode, kOffer, "S: " + std::string(line) + "\n" + R"(
    S: OK
    c: BYE (TRYLATER) "Service not available"
    ! fail protocol_error server
  )");
    }
  }
}

// R7.
TEST(Managesieve, ReferralsBeforeTlsAreRefused) {
  for (const TlsMode mode : {kOpp, kReq}) {
    PlayIt(kOff, mode, R"(
    S: BYE (REFERRAL "sieve://evil.example") "go away"
    c: BYE (TRYLATER) "Service not available: no secure connection"
    ! fail starttls_refused server
  )");
    PlayIt(kOff, mode, R"(
    S: "STARTTLS"
    S: OK
    s: STARTTLS
    S: NO (referral "sieve://evil.example") "go away"
    c: BYE (TRYLATER) "Service not available: no secure connection"
    ! fail starttls_refused server
  )");
  }
  // Control: where nobody upgrades, or inside TLS, it is the server's word.
  PlayIt(kOff, kImp, R"(
    S: BYE (REFERRAL "sieve://other.example") "over there"
    c: BYE (REFERRAL "sieve://other.example") "over there"
  )");
  PlayIt(kReq, kOff, R"(
    S: BYE (TRYLATER) "full"
    c: BYE (TRYLATER) "full"
    ! fail closed server
  )");
}

// C1 and C3: what lies behind STARTTLS is TLS's alone.
TEST(Managesieve, BytesBehindStarttls) {
  PlayIt(kReq, kOff, kOld + kOldBeforeTls, R"(
    C: STARTTLS
    C: NOOP "injected"
    c: OK "Begin TLS negotiation now"
    T: NOOP "injected"
    ! tls-client
  )");
  PlayIt(kOpp, kOff, kOld + kOldOffering, R"(
    C: STARTTLS
    C: NOOP "injected"
    c: OK "Begin TLS negotiation now"
    T: NOOP "injected"
    ! tls-client
  )");
}

// R1 to R3.
TEST(Managesieve, ServersThatSpeakOutOfTurn) {
  constexpr std::string_view kOffer = "S: \"STARTTLS\"\nS: OK\n";
  constexpr std::string_view kBye = "c: BYE (TRYLATER) \"Service not available\"\n";
  for (const std::string_view more : {"OK\r\n", "\"SASL\" \"PLAIN\"\r\nOK\r\n", "O", "\n"}) {
    std::string escaped;
    for (const char c : more) {
      if (c == '\r') {
        escaped += "\\r";
      } else if (c == '\n') {
        escaped += "\\n";
      } else {
        escaped += c;
      }
    }
    const DialogueDriver early =
        PlayOnce({"managesieve", kOff, kReq},
                 kOffer + ("S+ " + escaped + "\n" + std::string(kBye) + "! fail protocol_error server\n"));
    EXPECT_EQ(early.said(Side::kServer), "");
    PlayOnce({"managesieve", kOff, kReq},
             kOffer + ("s: STARTTLS\nS: OK\nS+ " + escaped +
                       "\nc: BYE (TRYLATER) \"Service not available: no secure connection\"\n"
                       "! fail plaintext_after_starttls server\n"));
  }
}

TEST(Managesieve, Framing) {
  for (const std::string_view bad : {R"(STARTTLS\n)", R"(STARTTLS\r)", R"(NOOP "\r\nSTARTTLS\r\n)", R"(NOOP {3}\r\n)",
                                     R"(NOOP x{3+}\r\n)", R"(STARTTLS\0\r\n)", R"(NOOP {99999+}\r\n)"}) {
    for (const TlsMode mode : {kOpp, kReq}) {
      const DialogueDriver driver =
          PlayOnce({"managesieve", mode, kOff}, kOld + (mode == kOpp ? kOldOffering : kOldBeforeTls));
      DialogueDriver copy = Stage({"managesieve", mode, kOff});
      copy.Open();
      copy.Arrive(Side::kServer, "\"SASL\" \"PLAIN\"\r\nOK\r\n");
      copy.Arrive(Side::kClient, Unescape(bad) + "\r\n");
      EXPECT_EQ(copy.act(), ActKind::kFail) << bad;
      EXPECT_EQ(copy.failure().end, End::kProtocolError) << bad;
      EXPECT_NE(copy.said(Side::kClient).find("BYE \"Syntax error: "), std::string::npos) << bad;
      EXPECT_EQ(copy.said(Side::kServer), "") << bad;
    }
  }
}

TEST(Managesieve, Limits) {
  DialogueDriver required = Stage({"managesieve", kReq, kOff});
  required.Open();
  required.Arrive(Side::kServer, "OK\r\n");
  for (int i = 0; i < 1000; ++i) required.Arrive(Side::kClient, "NOOP\r\n");
  EXPECT_EQ(required.failure().end, End::kLimit);
  DialogueDriver refusing = Stage({"managesieve", kOff, kOff});
  refusing.Open();
  refusing.Arrive(Side::kServer, "OK\r\n");
  for (int i = 0; i < 1000; ++i) refusing.Arrive(Side::kClient, "STARTTLS\r\n");
  EXPECT_EQ(refusing.failure().end, End::kLimit);
  DialogueDriver silent = Stage({"managesieve", kOff, kOff});
  silent.Open();
  silent.Arrive(Side::kServer, "OK\r\n");
  for (int i = 0; i < 1000; ++i) silent.Arrive(Side::kClient, "NOOP\r\n");
  EXPECT_EQ(silent.said(Side::kServer).size(), 100U * 6U);
}

// What comes behind a login may be longer than anything before it.
TEST(Managesieve, ALargeScriptBehindAuthenticate) {
  const std::string script = "PUTSCRIPT \"a\" {300000+}\r\n" + std::string(300000, 'x') + "\r\n";
  DialogueDriver driver = Stage({"managesieve", kOff, kOff});
  driver.Open();
  driver.Arrive(Side::kServer, "OK\r\n");
  driver.Arrive(Side::kClient, "AUTHENTICATE \"X\"\r\n" + script);
  EXPECT_EQ(driver.act(), ActKind::kRead);
  driver.Arrive(Side::kServer, "OK\r\n");
  EXPECT_EQ(driver.act(), ActKind::kRelay);
  EXPECT_EQ(driver.said(Side::kServer), "AUTHENTICATE \"X\"\r\n" + script);
}

TEST(Managesieve, Goodbyes) {
  PlayIt(kReq, kOff, kOld + kOldBeforeTls, R"(
    @ drained none
    c: BYE (TRYLATER) "Shutting down"
    ! fail drained none
  )");
  PlayIt(kReq, kOff, R"(
    @ connect_failed server
    c: BYE (TRYLATER) "Service not available"
    ! fail connect_failed server
  )");
  PlayIt(kReq, kOff, kOld + kOldBeforeTls, R"(
    @ timeout client
    c: BYE (TRYLATER) "Timeout"
    ! fail timeout client
  )");
}

TEST(Managesieve, WhatTheOperatorShouldKnow) {
  PlayIt(kImp, kOff, R"(
    S: "SASL" "SCRAM-SHA-1 SCRAM-SHA-256-PLUS PLAIN"
    S: OK
    note: the server offers channel binding
    c: "SASL" "SCRAM-SHA-1 SCRAM-SHA-256-PLUS PLAIN"
    c: OK
  )");
  PlayIt(kOpp, kOff, kOld + kOldOffering, R"(
    C: AUTHENTICATE "external" ""
    s: AUTHENTICATE "external" ""
    note: the client wants to authenticate with its TLS certificate
  )");
}

TEST(Managesieve, FailedHandshakeFallsBack) {
  PlayIt(kOff, kOpp, R"(
    S: "STARTTLS"
    S: OK
    s: STARTTLS
    S: OK
    ! tls-server
    @ failed
    note: the TLS handshake
    ! dial
    @ up
    S: "STARTTLS"
    S: "SASL" "PLAIN"
    S: OK
    c: "SASL" "PLAIN"
    c: OK
  )");
}

}  // namespace
}  // namespace starlock::test
