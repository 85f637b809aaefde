// NNTP's STARTTLS (RFC 4642): both roles, the filter, and the attacks on either.

#include <gtest/gtest.h>

#include "protocol/core/limits.h"
#include "protocol/nntp/words.h"
#include "transcript.h"

namespace starlock::test {
namespace {

constexpr TlsMode kOff = TlsMode::kOff;
constexpr TlsMode kOpp = TlsMode::kOpportunistic;
constexpr TlsMode kReq = TlsMode::kRequired;
constexpr TlsMode kImp = TlsMode::kImplicit;

constexpr std::string_view kGreeted = "S: 201 news, no posting\nc: 201 news, no posting\n";

void PlayNntp(TlsMode client, TlsMode server, std::string_view rest, std::string_view first = {}) {
  Play({"nntp", client, server}, std::string(first) + std::string(rest));
}

// RFC 4642 2.2.3, its first example.
TEST(Nntp, Rfc4642Example) {
  PlayNntp(kOpp, kOff, R"(
    C: CAPABILITIES
    s: CAPABILITIES
    S: 101 Capability list:
    S: VERSION 2
    S: READER
    S: IHAVE
    S: LIST ACTIVE NEWSGROUPS
    S: .
    c: 101 Capability list:
    c: VERSION 2
    c: READER
    c: IHAVE
    c: LIST ACTIVE NEWSGROUPS
    c: STARTTLS
    c: .
    C: STARTTLS
    c: 382 Continue with TLS negotiation
    ! tls-client
    @ up
    C: CAPABILITIES
    s: CAPABILITIES
    S: 101 Capability list:
    S: VERSION 2
    S: STARTTLS
    S: .
    c: 101 Capability list:
    c: VERSION 2
    c: .
    C: STARTTLS
    c: 502 TLS is already active
    C: AUTHINFO USER a
    s: AUTHINFO USER a
    S: 381 password
    c: 381 password
    C: AUTHINFO PASS b
    s: AUTHINFO PASS b
    S: 281 in
    c: 281 in
    ! relay
  )",
           kGreeted);
}

TEST(Nntp, TowardsTheServer) {
  for (const TlsMode server : {kOpp, kReq}) {
    PlayNntp(kOff, server, R"(
      S: 200 news
      s: CAPABILITIES
      S: 101 list
      S: VERSION 2
      S: STARTTLS
      S: .
      s: STARTTLS
      S: 382 go
      ! tls-server
      @ up
      c: 200 news
      C: CAPABILITIES
      s: CAPABILITIES
      S: 101 list
      S: VERSION 2
      S: STARTTLS
      S: .
      c: 101 list
      c: VERSION 2
      c: .
      C: STARTTLS
      c: 500 STARTTLS is not available
      C: AUTHINFO USER a
      s: AUTHINFO USER a
      S: 281 in
      c: 281 in
      ! relay
    )");
  }
}

TEST(Nntp, NotOfferedOrRefused) {
  constexpr std::string_view kGone = "c: 400 proxy.example.org Service not available: no secure connection\n";
  for (const std::string_view answer : {"S: 500 what?\n", "S: 480 who?\n", "S: 101 list\nS: VERSION 2\nS: .\n"}) {
    const std::string asked = "S: 200 news\ns: CAPABILITIES\n" + std::string(answer);
    PlayNntp(kOff, kReq, asked + std::string(kGone) + "! fail starttls_not_offered server\n");
    PlayNntp(kOff, kOpp, asked + "note: the server does not offer\nc: 200 news\nC: DATE\ns: DATE\n");
  }
  constexpr std::string_view kAsked = "S: 200 news\ns: CAPABILITIES\nS: 101 x\nS: STARTTLS\nS: .\ns: STARTTLS\n";
  for (const std::string_view answer : {"580 no", "502 no", "382x"}) {
    if (answer == "382x") continue;
    const std::string said = std::string(kAsked) + "S: " + std::string(answer) + "\n";
    PlayNntp(kOff, kReq, said + std::string(kGone) + "! fail starttls_refused server\n");
    PlayNntp(kOff, kOpp, said + "note: the server refused\nc: 200 news\n");
  }
  PlayNntp(kOff, kOpp, std::string(kAsked) + "S: 281 in\n" + std::string(kGone) + "! fail starttls_refused server\n");
  PlayOnce({"nntp", kOff, kReq}, std::string(kAsked) + "S: 382 go\nS: 101 x\n" + std::string(kGone) +
                                     "! fail plaintext_after_starttls server\n");
  PlayNntp(kReq, kOff, "S: 400 full\nc: 400 full\n! fail closed server");
}

TEST(Nntp, NothingBeforeRequiredTls) {
  for (const TlsMode server : {kOff, kImp}) {
    PlayNntp(kReq, server, R"(
      C: CAPABILITIES
      c: 101 Capability list:
      c: VERSION 2
      c: STARTTLS
      c: .
      C: MODE READER
      C: GROUP misc.test
      C: AUTHINFO USER a
      C: POST
      c: 483 Must issue a STARTTLS command first
      c: 483 Must issue a STARTTLS command first
      c: 483 Must issue a STARTTLS command first
      c: 483 Must issue a STARTTLS command first
      C: STARTTLS x
      c: 501 STARTTLS takes no parameter
      C: QUIT
      c: 205 Bye
      ! fail tls_required client
    )",
             kGreeted);
  }
}

TEST(Nntp, ClientInjectsCommands) {
  for (const TlsMode client : {kOpp, kReq}) {
    PlayOnce({"nntp", client, kOff}, std::string(kGreeted) + R"(
      C: STARTTLS
      C: CAPABILITIES
      c: 382 Continue with TLS negotiation
      ! tls-client
      T: CAPABILITIES
    )");
  }
}

TEST(NntpFilter, ModeReaderCrosses) {
  PlayNntp(kOpp, kImp, R"(
    C: MODE READER
    s: MODE READER
    S: 200 reader
    c: 200 reader
    C: HELP
    s: HELP
    S: 100 help
    S: ..
    S: STARTTLS
    S: .
    c: 100 help
    c: ..
    c: STARTTLS
    c: .
    C: STARTTLS
    c: 382 Continue with TLS negotiation
    ! tls-client
    @ up
    ! relay
  )",
           kGreeted);
}

TEST(NntpFilter, TheFirstStatefulVerbClosesTheWindow) {
  for (const std::string_view verb : {"GROUP a", "AUTHINFO USER a", "MODE STREAM", "LIST"}) {
    PlayNntp(kOpp, kOff, std::string("C: ") + std::string(verb) + "\ns: " + std::string(verb) + R"(
      S: 480 who?
      c: 480 who?
      C: STARTTLS
      c: 502 Too late for STARTTLS
    )",
             kGreeted);
  }
}

TEST(NntpFilter, BodiesPassAsTheyAre) {
  PlayNntp(kOff, kOff, R"(
    C: STARTTLS
    c: 500 STARTTLS is not available
    C: GROUP a
    s: GROUP a
    S: 211 1 1 1 a
    c: 211 1 1 1 a
    C: LISTGROUP a
    s: LISTGROUP a
    S: 211 1 1 1 a
    S: 1
    S: .
    c: 211 1 1 1 a
    c: 1
    c: .
    C: BODY
    s: BODY
    S: 222 1 <a>
    S+ \n.\n\0bare\r.\r\n..\r\n.\r\n
    c: 222 1 <a>
    c+ \n.\n\0bare\r.\r\n..\r\n.\r\n
    C: POST
    s: POST
    S: 340 go
    c: 340 go
    C: STARTTLS
    C: .
    s: STARTTLS
    s: .
    S: 240 taken
    c: 240 taken
    C: STARTTLS
    c: 500 STARTTLS is not available
    C: MODE STREAM
    C: TAKETHIS <b>
    C: STARTTLS
    C: .
    C: CHECK <c>
    s: MODE STREAM
    S: 203 come
    c: 203 come
    s: TAKETHIS <b>
    s: STARTTLS
    s: .
    s: CHECK <c>
    S: 239 <b>
    S: 438 <c>
    c: 239 <b>
    c: 438 <c>
  )",
           kGreeted);
}

// A server that does not know TAKETHIS reads on, and would find STARTTLS in the article.
TEST(NntpFilter, AnArticleThatNobodyTakes) {
  PlayNntp(kOff, kOff, R"(
    C: TAKETHIS <b>
    C: STARTTLS
    C: TAKETHIS <c>
    s: TAKETHIS <b>
    S: 500 what?
    c: 500 what?
    c: 500 STARTTLS is not available
    s: TAKETHIS <c>
    S: 500 what?
    c: 500 what?
    C: CAPABILITIES
    s: CAPABILITIES
    S: 101 list
    S: VERSION 2
    S: STREAMING
    S: .
    c: 101 list
    c: VERSION 2
    c: STREAMING
    c: .
    C: TAKETHIS <d>
    C: STARTTLS
    C: .
    s: TAKETHIS <d>
    s: STARTTLS
    s: .
  )",
           kGreeted);
}

// MODE READER may lead to another server, which has to list streaming again.
TEST(NntpFilter, AnArticleAfterModeReader) {
  PlayNntp(kOff, kOff, R"(
    C: MODE STREAM
    s: MODE STREAM
    S: 203 come
    c: 203 come
    C: MODE READER
    s: MODE READER
    S: 200 reader
    c: 200 reader
    C: TAKETHIS <b>
    C: STARTTLS
    s: TAKETHIS <b>
    S: 500 what?
    c: 500 what?
    c: 500 STARTTLS is not available
  )",
           kGreeted);
}

// The server may end an exchange without waiting for a response: STARTTLS behind it is a command, and does not cross.
TEST(NntpFilter, AfterAnExchangeThatTheServerEndedComesACommand) {
  PlayNntp(kOpp, kOff, R"(
    C: AUTHINFO SASL LOGIN
    s: AUTHINFO SASL LOGIN
    S: 383 VXNlcm5hbWU6
    S: 481 timeout
    c: 383 VXNlcm5hbWU6
    c: 481 timeout
    C: STARTTLS
    c: 502 Too late for STARTTLS
  )",
           kGreeted);
}

TEST(NntpFilter, ASaslResponseIsData) {
  PlayNntp(kOpp, kOff, R"(
    C: AUTHINFO SASL LOGIN
    s: AUTHINFO SASL LOGIN
    S: 383 VXNlcm5hbWU6
    c: 383 VXNlcm5hbWU6
    C: STARTTLS
    s: STARTTLS
    S: 481 no
    c: 481 no
    C: COMPRESS DEFLATE
    s: COMPRESS DEFLATE
    S: 206 go
    c: 206 go
    ! relay
  )",
           kGreeted);
}

TEST(Nntp, TooManyCommands) {
  auto driver = PlayOnce({"nntp", kReq, kOff}, kGreeted);
  for (int i = 0; i <= protocol::kMaxCommands; ++i) driver.Arrive(Side::kClient, "DATE\r\n");
  EXPECT_EQ(driver.failure().end, End::kTlsRequired);
  auto off = PlayOnce({"nntp", kOff, kOff}, kGreeted);
  for (int i = 0; i <= protocol::kMaxCommands; ++i) off.Arrive(Side::kClient, "STARTTLS\r\n");
  EXPECT_EQ(off.failure().end, End::kLimit);
}

TEST(Nntp, Goodbye) {
  PlayNntp(kOpp, kOff, "@ drained none\nc: 400 proxy.example.org Shutting down\n! fail drained none\n", kGreeted);
}

}  // namespace
}  // namespace starlock::test
