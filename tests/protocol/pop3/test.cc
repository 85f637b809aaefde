// POP3's STLS (RFC 2595 4): both roles, the filter, and the attacks on either.

#include <gtest/gtest.h>

#include "protocol/core/limits.h"
#include "protocol/pop3/words.h"
#include "transcript.h"

namespace starlock::test {
namespace {

constexpr TlsMode kOff = TlsMode::kOff;
constexpr TlsMode kOpp = TlsMode::kOpportunistic;
constexpr TlsMode kReq = TlsMode::kRequired;
constexpr TlsMode kImp = TlsMode::kImplicit;

constexpr std::string_view kGreeted = R"(
  S: +OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>
  c: +OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>
)";

void PlayPop3(TlsMode client, TlsMode server, std::string_view rest, std::string_view first = {}) {
  Play({"pop3", client, server}, std::string(first) + std::string(rest));
}

// RFC 2595 4, its example, with what it leaves out; the stamp is RFC 1939's.
TEST(Pop3, Rfc2595Example) {
  PlayPop3(kOpp, kOff, R"(
    C: STLS
    c: +OK Begin TLS negotiation
    ! tls-client
    @ up
    C: STLS
    c: -ERR TLS is already active
    C: APOP mrose c4c9334bac560ecc979e58001b3e22fb
    s: APOP mrose c4c9334bac560ecc979e58001b3e22fb
    S: +OK mrose's maildrop has 2 messages (320 octets)
    c: +OK mrose's maildrop has 2 messages (320 octets)
    ! relay
    C: STLS
    s: STLS
    ! relay
    S: -ERR Command not permitted when TLS active
    c: -ERR Command not permitted when TLS active
    ! relay
  )",
           kGreeted);
}

TEST(Pop3, TowardsTheServer) {
  for (const TlsMode server : {kOpp, kReq}) {
    PlayPop3(kOff, server, R"(
      S: +OK <1896.697170952@dbc.mtview.ca.us>  as  it is
      s: CAPA
      S: +OK Capability list follows
      S: TOP
      S: stls
      S: .
      s: STLS
      S: +OK Begin TLS negotiation
      ! tls-server
      @ up
      c: +OK <1896.697170952@dbc.mtview.ca.us>  as  it is
      C: STLS
      c: -ERR STLS is not available
      C: USER a
      s: USER a
      S: +OK
      c: +OK
      C: PASS b
      s: PASS b
      S: +OK in
      c: +OK in
      ! relay
    )");
  }
}

TEST(Pop3, NotOffered) {
  for (const std::string_view answer : {"S: -ERR what?\n", "S: +OK\nS: TOP\nS: .\n", "S: +OK\nS: STLSX\nS: .\n"}) {
    PlayPop3(kOff, kReq, std::string("S: +OK old\ns: CAPA\n") + std::string(answer) + R"(
      c: -ERR [SYS/TEMP] proxy.example.org Service not available: no secure connection
      ! fail starttls_not_offered server
    )");
    PlayPop3(kOff, kOpp, std::string("S: +OK old\ns: CAPA\n") + std::string(answer) + R"(
      note: the server does not offer
      c: +OK old
      C: QUIT
      s: QUIT
    )");
  }
}

TEST(Pop3, RefusedByTheServer) {
  PlayPop3(kOff, kReq, R"(
    S: +OK old
    s: CAPA
    S: +OK
    S: STLS
    S: .
    s: STLS
    S: -ERR not now
    c: -ERR [SYS/TEMP] proxy.example.org Service not available: no secure connection
    ! fail starttls_refused server
  )");
  PlayPop3(kOff, kReq, R"(
    S: -ERR [IN-USE] busy
    c: -ERR [SYS/TEMP] proxy.example.org Service not available: no secure connection
    ! fail starttls_not_offered server
  )");
  PlayPop3(kReq, kOff, "S: -ERR [IN-USE] busy\nc: -ERR [IN-USE] busy\n! fail closed server");
}

TEST(Pop3, ServerInjectsAnswers) {
  constexpr std::string_view kUntilStls = "S: +OK old\ns: CAPA\nS: +OK\nS: STLS\nS: .\ns: STLS\n";
  constexpr std::string_view kGone =
      "c: -ERR [SYS/TEMP] proxy.example.org Service not available: no secure connection\n"
      "! fail plaintext_after_starttls server\n";
  // Cut where TLS begins, what is injected belongs to TLS: only as it stands.
  PlayOnce({"pop3", kOff, kReq}, std::string(kUntilStls) + "S: +OK go\nS: +OK\nS: PLAIN\nS: .\n" + std::string(kGone));
  PlayOnce({"pop3", kOff, kOpp}, std::string(kUntilStls) + "S: +OK go\nS+ +O\n" + std::string(kGone));
  PlayOnce({"pop3", kOff, kOpp},
           "S: +OK old\nS: +OK\nS: STLS\nS: .\nS: +OK go\n"
           "c: -ERR [SYS/TEMP] proxy.example.org Service not available\n! fail protocol_error server\n");
}

TEST(Pop3, NothingBeforeRequiredTls) {
  for (const TlsMode server : {kOff, kImp}) {
    PlayPop3(kReq, server, R"(
      C: CAPA
      c: +OK Capability list follows
      c: STLS
      c: .
      C: noop
      c: +OK
      C: USER a
      C: PASS b
      C: APOP a 00
      C: AUTH PLAIN AGEAYg==
      C: UTF8
      C: STAT
      c: -ERR Must issue a STLS command first
      c: -ERR Must issue a STLS command first
      c: -ERR Must issue a STLS command first
      c: -ERR Must issue a STLS command first
      c: -ERR Must issue a STLS command first
      c: -ERR Must issue a STLS command first
      C: STLS x
      c: -ERR STLS takes no parameter
      C: QUIT
      c: +OK Bye
      ! fail tls_required client
    )",
             kGreeted);
  }
}

TEST(Pop3, RequiredTls) {
  PlayPop3(kReq, kImp, "C: stls\nc: +OK Begin TLS negotiation\n! tls-client\n@ up\n! relay\n", kGreeted);
  PlayPop3(kReq, kOff, R"(
    C: STLS
    c: +OK Begin TLS negotiation
    ! tls-client
    @ up
    C: CAPA
    s: CAPA
    S: +OK
    S: STLS
    S: SASL PLAIN
    S: .
    c: +OK
    c: SASL PLAIN
    c: .
  )",
           kGreeted);
}

TEST(Pop3, ClientInjectsCommands) {
  for (const TlsMode client : {kOpp, kReq}) {
    PlayOnce({"pop3", client, kOff}, std::string(kGreeted) + R"(
      C: STLS
      C: CAPA
      c: +OK Begin TLS negotiation
      ! tls-client
      T: CAPA
    )");
  }
}

TEST(Pop3Filter, OffersStls) {
  for (const TlsMode server : {kOff, kImp}) {
    PlayPop3(kOpp, server, R"(
      C: CAPA
      s: CAPA
      S: +OK Capability list follows
      S: STLS
      S: TOP
      S: SASL SCRAM-SHA-1-PLUS
      S: .
      note: the server offers channel binding
      c: +OK Capability list follows
      c: TOP
      c: SASL SCRAM-SHA-1-PLUS
      c: STLS
      c: .
      C: CAPA
      s: CAPA
      S: -ERR
      c: -ERR
      C: STLS
      c: +OK Begin TLS negotiation
      ! tls-client
    )",
             kGreeted);
  }
}

// RFC 6856: LANG without an argument has a list for its reply, and with one a line.
TEST(Pop3Filter, LangAndUtf8CrossAndCloseTheWindow) {
  for (const TlsMode server : {kOff, kImp}) {
    PlayPop3(kOpp, server, R"(
      C: LANG
      s: LANG
      S: +OK
      S: en English
      S: .
      c: +OK
      c: en English
      c: .
      C: LANG en
      s: LANG en
      S: +OK en
      c: +OK en
      C: UTF8
      s: UTF8
      S: +OK
      c: +OK
      C: STLS
      c: -ERR Too late for STLS
    )",
             kGreeted);
  }
}

TEST(Pop3Filter, TheFirstStatefulVerbClosesTheWindow) {
  for (const std::string_view verb : {"USER a", "PASS b", "APOP a 00", "XTND XMIT"}) {
    PlayPop3(kOpp, kOff, std::string("C: ") + std::string(verb) + "\ns: " + std::string(verb) + R"(
      S: -ERR no
      c: -ERR no
      C: STLS
      c: -ERR Too late for STLS
      C: CAPA
      s: CAPA
      S: +OK
      S: STLS
      S: .
      c: +OK
      c: .
    )",
             kGreeted);
  }
}

TEST(Pop3Filter, Off) {
  PlayPop3(kOff, kOff, R"(
    C: STLS
    c: -ERR STLS is not available
    C: AUTH
    s: AUTH
    S: +OK
    S: PLAIN
    S: .
    c: +OK
    c: PLAIN
    c: .
    C: USER a
    s: USER a
    S: +OK
    c: +OK
    C: PASS b
    s: PASS b
    S: +OK in
    c: +OK in
    ! relay
  )",
           kGreeted);
}

// The server may end an exchange without waiting for a response: STLS behind it is a command, and does not cross.
TEST(Pop3Filter, AfterAnExchangeThatTheServerEndedComesACommand) {
  for (const TlsMode client : {kOff, kOpp}) {
    PlayPop3(client, kOff, std::string(R"(
      C: AUTH LOGIN
      s: AUTH LOGIN
      S: + VXNlcm5hbWU6
      S: -ERR timeout
      c: + VXNlcm5hbWU6
      c: -ERR timeout
      C: STLS
      c: )") + (client == kOff ? "-ERR STLS is not available" : "-ERR Too late for STLS"),
             kGreeted);
  }
}

TEST(Pop3Filter, ASaslResponseIsData) {
  for (const TlsMode client : {kOff, kOpp}) {
    PlayPop3(client, kOff, R"(
      C: AUTH LOGIN
      s: AUTH LOGIN
      S: + VXNlcm5hbWU6
      c: + VXNlcm5hbWU6
      C: STLS
      s: STLS
      S: -ERR no such user
      c: -ERR no such user
      C: AUTH EXTERNAL
      note: the client wants to authenticate with its TLS certificate
      s: AUTH EXTERNAL
      S: +OK
      c: +OK
      ! relay
    )",
             kGreeted);
  }
}

TEST(Pop3Filter, WhatFollowsALoginWaits) {
  PlayPop3(kOpp, kOff, R"(
    C: USER a
    C: PASS b
    C: STAT
    s: USER a
    s: PASS b
    S: +OK
    c: +OK
    S: +OK in
    c: +OK in
    s: STAT
    ! relay
  )",
           kGreeted);
}

TEST(Pop3Filter, FramingIsNeverRepaired) {
  constexpr std::string_view kBad[] = {"NOOP\\nSTLS\\r\\n", "STLS\\n", "STLS\\0\\r\\n", "ST\\rLS\\r\\n"};
  for (const TlsMode client : {kOpp, kReq}) {
    for (const std::string_view line : kBad) {
      auto d = PlayOnce({"pop3", client, kOff}, kGreeted);
      d.Arrive(Side::kClient, Unescape(line));
      EXPECT_EQ(d.act(), ActKind::kFail) << line;
      EXPECT_NE(d.said(Side::kClient).find("-ERR Syntax error"), std::string::npos) << line;
      EXPECT_EQ(d.said(Side::kServer), "") << line;
    }
  }
}

TEST(Pop3, TooManyCommands) {
  auto driver = PlayOnce({"pop3", kReq, kOff}, kGreeted);
  for (int i = 0; i <= protocol::kMaxCommands; ++i) driver.Arrive(Side::kClient, "NOOP\r\n");
  EXPECT_EQ(driver.failure().end, End::kLimit);
  auto off = PlayOnce({"pop3", kOff, kOff}, kGreeted);
  for (int i = 0; i <= protocol::kMaxCommands; ++i) off.Arrive(Side::kClient, "STLS\r\n");
  EXPECT_EQ(off.failure().end, End::kLimit);
}

TEST(Pop3, Goodbye) {
  PlayPop3(kOpp, kOff, "@ drained none\nc: -ERR [SYS/TEMP] proxy.example.org Shutting down\n! fail drained none\n",
           kGreeted);
}

TEST(Pop3, HandshakeFailed) {
  PlayPop3(kOff, kOpp, R"(
    S: +OK old
    s: CAPA
    S: +OK
    S: STLS
    S: .
    s: STLS
    S: +OK
    ! tls-server
    @ failed
    note: the TLS handshake with the server failed
    ! dial
    @ up
    S: +OK again
    c: +OK again
  )");
}

}  // namespace
}  // namespace starlock::test
