// ACAP's two roles and its filter, in transcripts after RFC 2244 and RFC 2595 5.

#include <gtest/gtest.h>

#include <string>

#include "transcript.h"

namespace starlock::test {
namespace {

constexpr TlsMode kOff = TlsMode::kOff;
constexpr TlsMode kOpp = TlsMode::kOpportunistic;
constexpr TlsMode kReq = TlsMode::kRequired;
constexpr TlsMode kImp = TlsMode::kImplicit;

void PlayIt(TlsMode client, TlsMode server, std::string_view first, std::string_view then = {},
            std::string_view last = {}) {
  Play({"acap", client, server}, std::string(first) + std::string(then) + std::string(last));
}

// RFC 2595 5's example, with the whole greeting of RFC 2244 6.
TEST(Acap, Rfc2595ExampleTowardsTheServer) {
  PlayIt(kOff, kReq, R"t(
    S: * ACAP (IMPLEMENTATION "ACME v3.5") (SASL "CRAM-MD5") (STARTTLS)
    s: starlock STARTTLS
    S: * ALERT "injected"
    S: * ACAP (SASL "injected")
    S: starlock OK "Begin TLS negotiation now"
    ! tls-server
    blame: server
    @ up
    blame: server
    S: * ACAP (IMPLEMENTATION "ACME v3.5") (SASL "CRAM-MD5" "PLAIN" "EXTERNAL")
    c: * ACAP (IMPLEMENTATION "ACME v3.5") (SASL "CRAM-MD5" "PLAIN" "EXTERNAL")
    C: a STARTTLS
    c: a BAD "STARTTLS is not available"
    C: b AUTHENTICATE "PLAIN" "AGEAYg=="
    s: b AUTHENTICATE "PLAIN" "AGEAYg=="
    S: b OK "welcome"
    c: b OK "welcome"
    ! relay
    C: a STARTTLS
    s: a STARTTLS
    ! relay
  )t");
}

constexpr std::string_view kOld = R"t(
    S: * ACAP (IMPLEMENTATION "old (1)") (SASL "PLAIN" "CRAM-MD5") (CONTEXTLIMIT "100")
)t";
constexpr std::string_view kOldShown = R"t(
    c: * ACAP (IMPLEMENTATION "old (1)") (SASL "PLAIN" "CRAM-MD5") (CONTEXTLIMIT "100")
)t";
constexpr std::string_view kOldOffering = R"t(
    c: * ACAP (IMPLEMENTATION "old (1)") (SASL "PLAIN" "CRAM-MD5") (CONTEXTLIMIT "100") (STARTTLS)
)t";
constexpr std::string_view kOldBeforeTls = R"t(
    c: * ACAP (IMPLEMENTATION "old (1)") (CONTEXTLIMIT "100") (STARTTLS)
)t";

std::string operator+(std::string_view a, std::string_view b) { return std::string(a) + std::string(b); }

TEST(Acap, RequiredOfTheClient) {
  PlayIt(kReq, kOff, kOld + kOldBeforeTls, R"t(
    C: a NOOP
    c: a OK "Done"
    C: b LANG "de"
    c: b NO "Language cannot be changed before TLS"
    C: c AUTHENTICATE "PLAIN" "AGEAYg=="
    c: c NO (ENCRYPT-NEEDED) "Must issue a STARTTLS command first"
    C+ d SEARCH {12+}\r\nb STARTTLS\r\n (x)\r\n
    c: d NO (ENCRYPT-NEEDED) "Must issue a STARTTLS command first"
    C+ e STORE {12}\r\n
    c: + "Ready for literal data"
    C+ b STARTTLS\r\n {2}\r\n
    c: + "Ready for literal data"
    C+ xx\r\n
    c: e NO (ENCRYPT-NEEDED) "Must issue a STARTTLS command first"
    C: * STARTTLS
    c: * BAD "Missing command tag"
    C+ "f" STARTTLS\r\n
    c: * BAD "Missing command tag"
    C: f STARTTLS "x"
    c: f BAD "STARTTLS takes no argument"
    C: g starttls
    c: g OK "Begin TLS negotiation now"
    ! tls-client
    @ up
)t",
         kOldShown + std::string(R"t(
    C: a STARTTLS
    c: a BAD "TLS is already active"
    C: b AUTHENTICATE "PLAIN" "AGEAYg=="
    s: b AUTHENTICATE "PLAIN" "AGEAYg=="
    S: b OK "welcome"
    c: b OK "welcome"
    ! relay
    C: a STARTTLS
    s: a STARTTLS
    ! relay
)t"));
}

TEST(Acap, RequiredOnBothLegs) {
  PlayIt(kReq, kReq, R"t(
    S: * ACAP (SASL "FORGED") (starttls)
    s: starlock STARTTLS
    S: starlock OK "go"
    ! tls-server
    @ up
    S: * ACAP (IMPLEMENTATION "new") (STARTTLS) (SASL "PLAIN")
    c: * ACAP (IMPLEMENTATION "new") (STARTTLS)
    C: a STARTTLS
    c: a OK "Begin TLS negotiation now"
    ! tls-client
    @ up
    c: * ACAP (IMPLEMENTATION "new") (SASL "PLAIN")
    ! relay
  )t");
}

TEST(Acap, LogoutBeforeRequiredTls) {
  PlayIt(kReq, kOff, kOld + kOldBeforeTls, R"t(
    C: a LOGOUT
    c: * BYE "Bye"
    c: a OK "Done"
    ! fail closed none
  )t");
  PlayIt(kReq, kOff, kOld + kOldBeforeTls, R"t(
    C: a SEARCH "/x"
    c: a NO (ENCRYPT-NEEDED) "Must issue a STARTTLS command first"
    C: a LOGOUT
    c: * BYE "Bye"
    c: a OK "Done"
    ! fail tls_required client
  )t");
}

TEST(Acap, OpportunisticClientThatUpgrades) {
  PlayIt(kOpp, kOff, kOld + kOldOffering, R"t(
    C: a NOOP
    s: a NOOP
    S: a OK "fine"
    c: a OK "fine"
    C: c STARTTLS
    c: c OK "Begin TLS negotiation now"
    ! tls-client
    @ up
)t",
         kOldShown + std::string(R"t(
    C: a AUTHENTICATE "CRAM-MD5"
    s: a AUTHENTICATE "CRAM-MD5"
    S: + "PDE+"
    c: + "PDE+"
    C: "a STARTTLS"
    s: "a STARTTLS"
    S: a NO "no"
    c: a NO "no"
    C: b STARTTLS
    c: b BAD "TLS is already active"
)t"));
  PlayIt(kOpp, kImp, kOld + kOldOffering, R"t(
    C: a STARTTLS
    c: a OK "Begin TLS negotiation now"
    ! tls-client
    @ up
)t",
         kOldShown + std::string("! relay\n"));
}

TEST(Acap, ALiteralClosesTheWindow) {
  PlayIt(kOpp, kOff, kOld + kOldOffering, R"t(
    C+ b LANG {2}\r\n
    s+ b LANG {2}\r\n
    S: + "go on"
    c: + "go on"
    C+ de "x"\r\n
    s+ de "x"\r\n
    S+ b LANG {2}\r\nde\r\nb OK "gut"\r\n
    c+ b LANG {2}\r\nde\r\nb OK "gut"\r\n
    C: c STARTTLS
    c: c BAD "Too late for STARTTLS"
  )t");
}

// F1 and F2: what has crossed closes the window, and what is data is data.
TEST(Acap, AuthenticateClosesTheWindow) {
  PlayIt(kOpp, kOff, kOld + kOldOffering, R"t(
    C: a AUTHENTICATE "CRAM-MD5"
    C: b NOOP
    s: a AUTHENTICATE "CRAM-MD5"
    S: + "PDE+"
    c: + "PDE+"
    // The client did not wait for the challenge: what it sent is the response.
    s: b NOOP
    S: a NO "no"
    c: a NO "no"
    C: c STARTTLS
    c: c BAD "Too late for STARTTLS"
    C: d AUTHENTICATE "DIGEST-MD5"
    s: d AUTHENTICATE "DIGEST-MD5"
    S: + "bm9uY2U="
    c: + "bm9uY2U="
    C+ {12}\r\n
    s+ {12}\r\n
    S: + "go on"
    c: + "go on"
    C+ c STARTTLS\r\n\r\n
    s+ c STARTTLS\r\n\r\n
    S: + "more"
    c: + "more"
    C+ ""\r\n
    s+ ""\r\n
    S: d OK (SASL "cnNwYXV0aA==") "in"
    c: d OK (SASL "cnNwYXV0aA==") "in"
    ! relay
  )t");
}

TEST(Acap, AnythingElseClosesTheWindow) {
  for (const std::string_view command : {"SEARCH \"/addressbook/\"", "XNOOP", "STORE (\"/x\")", "LANG \"de\""}) {
    PlayIt(kOpp, kOff, kOld + kOldOffering, "C: a " + std::string(command) + "\ns: a " + std::string(command) + R"t(
    S: a NO "log in first"
    c: a NO "log in first"
    C: b STARTTLS
    c: b BAD "Too late for STARTTLS"
  )t");
  }
}

TEST(Acap, ALiteralThatWaitsBelongsToItsCommand) {
  // Refused before it came: what follows is a command again.
  PlayIt(kOff, kOff, kOld + kOldShown, R"t(
    C+ a LANG {14}\r\n
    s+ a LANG {14}\r\n
    S: a NO "too long"
    c: a NO "too long"
    C: b STARTTLS
    c: b BAD "STARTTLS is not available"
    C+ c LANG {12}\r\nb STARTTLS\r\n\r\n
    s+ c LANG {12}\r\n
    S: * ALERT "slowly"
    S: + ""
    c: * ALERT "slowly"
    c: + ""
    s+ b STARTTLS\r\n\r\n
    S: c OK ""
    c: c OK ""
    C+ d STARTTLS {3}\r\n
    c: * BYE "Syntax error: STARTTLS with a literal"
    ! fail protocol_error client
  )t");
}

TEST(Acap, ManyAtOnce) {
  PlayIt(kOpp, kOff, kOld + kOldOffering, R"t(
    C: a NOOP
    C: b NOOP
    C: a NOOP
    C: c STARTTLS
    s: a NOOP
    s: b NOOP
    S: b OK ""
    c: b OK ""
    S: a OK ""
    c: a OK ""
    s: a NOOP
    S: a OK ""
    c: a OK ""
    c: c OK "Begin TLS negotiation now"
    ! tls-client
  )t");
}

TEST(Acap, ServersOwnOfferIsTakenOut) {
  PlayIt(kOff, kOff, R"t(
    S+ * ACAP ({8}\r\nSTARTTLS)  (IMPLEMENTATION "(STARTTLS)") (StartTLS)(SASL "PLAIN")  \r\n
    c+ * ACAP  (IMPLEMENTATION "(STARTTLS)")(SASL "PLAIN")  \r\n
    S: * ACAP (STARTTLS)
    c: * ACAP
    S: * BYE "gone"
    c: * BYE "gone"
  )t");
}

TEST(Acap, NotOfferedOrRefused) {
  PlayIt(kOff, kReq, kOld, R"t(
    c: * BYE (TRYLATER) "Service not available: no secure connection"
    ! fail starttls_not_offered server
  )t");
  PlayIt(kOff, kOpp, kOld + kOldShown, "note: the server does not offer\n");
  constexpr std::string_view kOffer = "S: * ACAP (SASL \"PLAIN\") (STARTTLS)\ns: starlock STARTTLS\n";
  for (const std::string_view answer :
       {"starlock NO \"injected\"", "starlock BAD \"injected\"", "* BYE \"injected\""}) {
    PlayIt(kOff, kReq, kOffer, "S: " + std::string(answer), R"t(
    c: * BYE (TRYLATER) "Service not available: no secure connection"
    ! fail starttls_refused server
  )t");
  }
  PlayIt(kOff, kOpp, kOffer, R"t(
    S: starlock NO "not now"
    note: the server refused
    c: * ACAP (SASL "PLAIN")
    C: a STARTTLS
    c: a BAD "STARTTLS is not available"
  )t");
  for (const TlsMode mode : {kOpp, kReq}) {
    for (const std::string_view answer : {"other OK \"go\"", "+ \"go\"", "starlock OKAY", "starlock \"OK\"", "OK"}) {
      PlayIt(kOff, mode, kOffer, "S: " + std::string(answer), R"t(
    c: * BYE (TRYLATER) "Service not available"
    ! fail protocol_error server
  )t");
    }
    PlayIt(kOff, mode, "S: 220 smtp here\n", R"t(
    c: * BYE (TRYLATER) "Service not available"
    ! fail protocol_error server
  )t");
  }
}

// R7.
TEST(Acap, ReferralsBeforeTlsAreRefused) {
  for (const TlsMode mode : {kOpp, kReq}) {
    PlayIt(kOff, mode, R"t(
    S: * BYE (REFER "acap://evil.example/") "go away"
    c: * BYE (TRYLATER) "Service not available: no secure connection"
    ! fail starttls_refused server
  )t");
    PlayIt(kOff, mode, R"t(
    S: * ACAP (STARTTLS)
    s: starlock STARTTLS
    S: starlock NO (REFER "acap://evil.example/") "go away"
    c: * BYE (TRYLATER) "Service not available: no secure connection"
    ! fail starttls_refused server
  )t");
  }
  PlayIt(kReq, kOff, R"t(
    S: * BYE (TRYLATER) "full"
    c: * BYE (TRYLATER) "full"
    ! fail closed server
  )t");
}

// C1 and C3: what lies behind STARTTLS is TLS's alone.
TEST(Acap, BytesBehindStarttls) {
  for (const TlsMode mode : {kOpp, kReq}) {
    PlayIt(mode, kOff, kOld + (mode == kOpp ? kOldOffering : kOldBeforeTls), R"t(
    C: a STARTTLS
    C: b NOOP
    c: a OK "Begin TLS negotiation now"
    T: b NOOP
    ! tls-client
  )t");
  }
}

// R1 to R3.
TEST(Acap, ServersThatSpeakOutOfTurn) {
  constexpr std::string_view kOffer = "S: * ACAP (STARTTLS)\n";
  for (const std::string_view more : {R"(starlock OK ""\r\n)", R"(* ACAP (SASL "PLAIN")\r\n)", "*", R"(\n)"}) {
    const DialogueDriver early = PlayOnce({"acap", kOff, kReq}, kOffer + ("S+ " + std::string(more)) +
                                                                    "\nc: * BYE (TRYLATER) \"Service not available\"\n"
                                                                    "! fail protocol_error server\n");
    EXPECT_EQ(early.said(Side::kServer), "");
    PlayOnce({"acap", kOff, kReq}, kOffer + ("s: starlock STARTTLS\nS: starlock OK \"\"\nS+ " + std::string(more)) +
                                       "\nc: * BYE (TRYLATER) \"Service not available: no secure connection\"\n"
                                       "! fail plaintext_after_starttls server\n");
  }
}

TEST(Acap, Framing) {
  for (const std::string_view bad : {R"(a STARTTLS\n)", R"(a STARTTLS\r)", R"(a NOOP "\r\na STARTTLS\r\n)",
                                     R"(a NOOP x{3+}\r\n)", R"(a STARTTLS\0\r\n)", R"(a NOOP {99999}\r\n)"}) {
    for (const TlsMode mode : {kOpp, kReq}) {
      DialogueDriver driver = Stage({"acap", mode, kOff});
      driver.Open();
      driver.Arrive(Side::kServer, "* ACAP (SASL \"PLAIN\")\r\n");
      driver.Arrive(Side::kClient, Unescape(bad) + "\r\n");
      EXPECT_EQ(driver.act(), ActKind::kFail) << bad;
      EXPECT_EQ(driver.failure().end, End::kProtocolError) << bad;
      EXPECT_NE(driver.said(Side::kClient).find("* BYE \"Syntax error: "), std::string::npos) << bad;
      EXPECT_EQ(driver.said(Side::kServer), "") << bad;
    }
  }
}

TEST(Acap, Limits) {
  const auto play = [](TlsMode client, std::string_view command) {
    DialogueDriver driver = Stage({"acap", client, kOff});
    driver.Open();
    driver.Arrive(Side::kServer, "* ACAP\r\n");
    for (int i = 0; i < 1000; ++i) driver.Arrive(Side::kClient, "t" + std::to_string(i) + std::string(command));
    return driver;
  };
  EXPECT_EQ(play(kReq, " NOOP\r\n").failure().end, End::kLimit);
  EXPECT_EQ(play(kOff, " STARTTLS\r\n").failure().end, End::kLimit);
  EXPECT_EQ(play(kOff, " NOOP\r\n").said(Side::kServer).size(), 10U * 9U + 90U * 10U);
  DialogueDriver server = Stage({"acap", kOff, kReq});
  server.Open();
  server.Arrive(Side::kServer, "* ACAP (STARTTLS)\r\n");
  for (int i = 0; i < 1000; ++i) server.Arrive(Side::kServer, "* ALERT \"x\"\r\n");
  EXPECT_EQ(server.failure().end, End::kLimit);
}

// What comes behind a login may be longer than anything before it.
TEST(Acap, ALargeValueBehindAuthenticate) {
  const std::string store = "b STORE (\"/a\" {300000+}\r\n" + std::string(300000, 'x') + ")\r\n";
  DialogueDriver driver = Stage({"acap", kOff, kOff});
  driver.Open();
  driver.Arrive(Side::kServer, "* ACAP\r\n");
  driver.Arrive(Side::kClient, "a AUTHENTICATE \"X\" \"\"\r\n" + store);
  EXPECT_EQ(driver.act(), ActKind::kRead);
  driver.Arrive(Side::kServer, "a OK \"\"\r\n");
  EXPECT_EQ(driver.act(), ActKind::kRelay);
  EXPECT_EQ(driver.said(Side::kServer), "a AUTHENTICATE \"X\" \"\"\r\n" + store);
}

TEST(Acap, Goodbyes) {
  PlayIt(kReq, kOff, kOld + kOldBeforeTls, R"t(
    @ drained none
    c: * BYE (TRYLATER) "Shutting down"
    ! fail drained none
  )t");
  PlayIt(kReq, kOff, R"t(
    @ connect_failed server
    c: * BYE (TRYLATER) "Service not available"
    ! fail connect_failed server
  )t");
}

TEST(Acap, WhatTheOperatorShouldKnow) {
  PlayIt(kImp, kOff, R"t(
    S: * ACAP (SASL "SCRAM-SHA-256-PLUS" "PLAIN")
    c: * ACAP (SASL "SCRAM-SHA-256-PLUS" "PLAIN")
    note: the server offers channel binding
    C: a AUTHENTICATE "EXTERNAL"
    s: a AUTHENTICATE "EXTERNAL"
    note: the client wants to authenticate with its TLS certificate
  )t");
}

TEST(Acap, FailedHandshakeFallsBack) {
  PlayIt(kOff, kOpp, R"t(
    S: * ACAP (STARTTLS)
    s: starlock STARTTLS
    S: starlock OK ""
    ! tls-server
    @ failed
    note: the TLS handshake
    ! dial
    @ up
    S: * ACAP (STARTTLS) (SASL "PLAIN")
    c: * ACAP (SASL "PLAIN")
  )t");
}

}  // namespace
}  // namespace starlock::test
