// The leg towards the server: SSLRequest, and every answer to it.

#include <gtest/gtest.h>

#include "scenes.h"

namespace starlock::test {
namespace {

// PostgreSQL's documentation, "SSL Session Encryption", as the proxy speaks it for a client that knows no TLS.
TEST(PostgresClientRole, AnSBeginsTls) {
  for (const TlsMode server : {kOpp, kReq}) {
    PlayPostgres(kOff, server, R"(
      C+ {STARTUP}
      ! dial
      blame: server
      @ up
      s+ {SSL}
      blame: server
      S+ S
      ! tls-server
      @ up
      s+ {STARTUP}
      S+ {OK}
      c+ {OK}
      ! relay
      C+ Q
      s+ Q
      ! relay
    )");
  }
}

TEST(PostgresClientRole, NothingIsAskedWhereNothingIsWanted) {
  for (const TlsMode client : {kOff, kOpp, kImp}) {
    PlayPostgres(client, kOff, "C+ {STARTUP}\n! dial\n@ up\ns+ {STARTUP}\n! relay");
    PlayPostgres(client, kImp,
                 "C+ {STARTUP}\n! dial\n@ up\n! tls-server\n@ up\ns+ {STARTUP}\nS+ {OK}\nc+ {OK}\n! relay");
  }
}

// What the client has sent behind its StartupMessage goes the same way.
TEST(PostgresClientRole, WhatWaitsIsRelayed) {
  PlayPostgres(kOff, kReq, R"(
    C+ {STARTUP}p\0\0\0\x05\0
    ! dial
    C+ more
    ! dial
    @ up
    s+ {SSL}
    S+ S
    ! tls-server
    @ up
    s+ {STARTUP}p\0\0\0\x05\0more
    S+ E
    c+ E
    ! relay
  )");
}

// S1: where TLS is required, `N` is the end.
TEST(PostgresClientRole, AnN) {
  PlayPostgres(kOff, kReq,
               "C+ {STARTUP}\n! dial\n@ up\ns+ {SSL}\nS+ N\nc+ {INSECURE}\n! fail starttls_not_offered server");
  PlayPostgres(kOff, kOpp, R"(
    C+ {STARTUP}
    ! dial
    @ up
    s+ {SSL}
    S+ N
    note: the server does not offer
    s+ {STARTUP}
    ! relay
  )");
}

// R5: the text of an error before TLS is anyone's.
TEST(PostgresClientRole, AnE) {
  for (const TlsMode server : {kOpp, kReq}) {
    for (const std::string_view answer : {"E", R"(E\0\0\0\x2aSFATAL\0C08006\0Mcall +1 900\0\0)"}) {
      PlayPostgres(kOff, server,
                   "C+ {STARTUP}\n! dial\n@ up\ns+ {SSL}\nS+ " + std::string(answer) +
                       "\nc+ {INSECURE}\n! fail starttls_refused server");
    }
  }
}

TEST(PostgresClientRole, NoAnswerAtAll) {
  for (const TlsMode server : {kOpp, kReq}) {
    for (const std::string_view answer : {"G", "s", R"(\0)", "R\\0\\0", "HTTP", R"(\x15\x03\x01)"}) {
      PlayPostgres(kOff, server,
                   "C+ {STARTUP}\n! dial\n@ up\ns+ {SSL}\nS+ " + std::string(answer) +
                       "\nc+ {UNAVAILABLE}\n! fail protocol_error server");
    }
  }
}

// R1, CVE-2021-23222: nothing behind the byte.
TEST(PostgresClientRole, BytesBehindTheGoAhead) {
  for (const TlsMode server : {kOpp, kReq}) {
    for (const std::string_view tail : {R"(R\0\0\0\x08\0\0\0\0)", "x", R"(\x16\x03\x03)", "S"}) {
      DialogueDriver driver = Stage({"postgres", kOff, server});
      driver.Open();
      driver.Arrive(Side::kClient, Unescape(kStartup));
      driver.Succeed();
      driver.Arrive(Side::kServer, "S" + Unescape(tail));
      EXPECT_EQ(driver.failure().end, End::kPlaintextAfterStarttls);
      EXPECT_EQ(driver.failure().blame, Blame::kServer);
      EXPECT_EQ(driver.said(Side::kClient), Unescape(Insecure()));
      EXPECT_EQ(driver.said(Side::kServer), Unescape(kSsl));
    }
  }
}

// R3: an answer before the question, or an answer behind the `N` that refuses.
TEST(PostgresClientRole, PrematureAnswers) {
  for (const std::string_view early : {"S", "N", "NR"}) {
    DialogueDriver driver = Stage({"postgres", kOff, kOpp});
    driver.Open();
    driver.Arrive(Side::kClient, Unescape(kStartup));
    driver.Succeed();
    driver.Arrive(Side::kServer, std::string(early) + "x");
    EXPECT_EQ(driver.act(), ActKind::kFail);
    EXPECT_EQ(driver.failure().blame, Blame::kServer);
    EXPECT_EQ(driver.said(Side::kServer), Unescape(kSsl));
  }
}

TEST(PostgresClientRole, TheHandshakeFails) {
  PlayPostgres(kOff, kReq, R"(
    C+ {STARTUP}
    ! dial
    @ up
    s+ {SSL}
    S+ S
    ! tls-server
    @ failed
    c+ {INSECURE}
    ! fail handshake_failed server
  )");
  PlayPostgres(kOff, kOpp, R"(
    C+ {STARTUP}
    ! dial
    @ up
    s+ {SSL}
    S+ S
    ! tls-server
    @ failed
    note: the TLS handshake with the server failed
    ! dial
    @ up
    s+ {STARTUP}
    ! relay
  )");
}

TEST(PostgresClientRole, ARefusedCertificateIsNeverAFallback) {
  for (const TlsMode server : {kOpp, kReq}) {
    for (const char* const end : {"verify_failed server", "plaintext_after_starttls server"}) {
      PlayPostgres(kOff, server,
                   "C+ {STARTUP}\n! dial\n@ up\ns+ {SSL}\nS+ S\n! tls-server\n@ " + std::string(end) +
                       "\nc+ {INSECURE}\n! fail " + end);
    }
  }
}

TEST(PostgresClientRole, TheEndInEachPhase) {
  const std::string slow = Fatal("57014", "canceling authentication due to timeout");
  const std::string slow_server = Fatal("08006", "service not available: timeout");
  const std::string drained = Fatal("57P01", "terminating connection: shutting down");
  const std::string full = Fatal("53300", "sorry, too many clients already");
  for (const TlsMode client : {kOff, kOpp, kImp}) {
    PlayPostgres(client, kReq, "blame: client\n@ timeout client\nc+ " + slow + "\n! fail timeout client");
    PlayPostgres(client, kReq, "@ drained none\nc+ " + drained + "\n! fail drained none");
    PlayPostgres(client, kReq, "@ limit proxy\nc+ " + full + "\n! fail limit proxy");
    for (const char* const end : {"connect_failed server", "resolve_failed server", "reset server", "closed server"}) {
      PlayPostgres(client, kReq, "C+ {STARTUP}\n! dial\n@ " + std::string(end) + "\nc+ {UNAVAILABLE}\n! fail " + end);
    }
    PlayPostgres(client, kReq,
                 "C+ {STARTUP}\n! dial\n@ up\ns+ {SSL}\nblame: server\n@ timeout server\nc+ " + slow_server +
                     "\n! fail timeout server");
  }
}

}  // namespace
}  // namespace starlock::test
