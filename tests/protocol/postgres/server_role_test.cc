// The leg towards the client: the requests that may come before its StartupMessage, and what comes of each.

#include <gtest/gtest.h>

#include "scenes.h"

namespace starlock::test {
namespace {

// PostgreSQL's documentation, "SSL Session Encryption": the proxy is the server of it.
TEST(PostgresServerRole, SslRequest) {
  for (const TlsMode client : {kOpp, kReq}) {
    PlayPostgres(client, kOff, R"(
      C+ {SSL}
      c+ S
      ! tls-client
      blame: client
      @ up
      blame: client
      C+ {STARTUP}
      ! dial
      @ up
      s+ {STARTUP}
      ! relay
    )");
    PlayPostgres(client, kReq, R"(
      C+ {SSL}
      c+ S
      ! tls-client
      @ up
      C+ {STARTUP}
      ! dial
      @ up
      s+ {SSL}
      S+ S
      ! tls-server
      @ up
      s+ {STARTUP}
      S+ {OK}
      c+ {OK}
      ! relay
    )");
  }
}

// Most clients ask first and go on without: the answer is ours, whatever the server would have.
TEST(PostgresServerRole, NoTlsToBeHad) {
  PlayPostgres(kOff, kOff, "C+ {SSL}\nc+ N\nC+ {STARTUP}\n! dial\n@ up\ns+ {STARTUP}\n! relay");
  PlayPostgres(kOff, kOff, "C+ {SSL}{STARTUP}\nc+ N\n! dial\n@ up\ns+ {STARTUP}\n! relay");
  PlayPostgres(kOff, kReq,
               "C+ {SSL}\nc+ N\nC+ {STARTUP}\n! dial\n@ up\ns+ {SSL}\nS+ S\n! tls-server\n@ up\ns+ {STARTUP}\n"
               "S+ {OK}\nc+ {OK}\n! relay");
  // TLS is there already (PostgreSQL 17 answers so too).
  PlayPostgres(kImp, kOff, "C+ {SSL}\nc+ N\nC+ {STARTUP}\n! dial\n@ up\ns+ {STARTUP}\n! relay");
}

// S3: no encryption that would go past us; and either request may come first.
TEST(PostgresServerRole, GssEncRequest) {
  for (const TlsMode client : {kOff, kOpp, kImp}) {
    PlayPostgres(client, kOff, "C+ {GSS}\nc+ N\nC+ {STARTUP}\n! dial\n@ up\ns+ {STARTUP}\n! relay");
  }
  PlayPostgres(kOff, kOff, "C+ {GSS}\nc+ N\nC+ {SSL}\nc+ N\nC+ {STARTUP}\n! dial\n@ up\ns+ {STARTUP}\n! relay");
  PlayPostgres(kOff, kOff, "C+ {SSL}\nc+ N\nC+ {GSS}\nc+ N\nC+ {STARTUP}\n! dial\n@ up\ns+ {STARTUP}\n! relay");
  PlayPostgres(kReq, kOff, "C+ {GSS}\nc+ N\nC+ {SSL}\nc+ S\n! tls-client\n@ up\nC+ {STARTUP}\n! dial");
}

TEST(PostgresServerRole, TlsIsRequired) {
  const std::string refusal = Fatal("28000", "TLS is required here: connect with sslmode=require or stricter");
  for (const TlsMode server : kModes) {
    PlayPostgres(kReq, server, "C+ {STARTUP}\nc+ " + refusal + "\n! fail tls_required client");
    PlayPostgres(kReq, server, "C+ {GSS}{STARTUP}\nc+ N" + refusal + "\n! fail tls_required client");
  }
}

TEST(PostgresServerRole, AClientMayDecline) {
  PlayPostgres(
      kOpp, kReq,
      "C+ {STARTUP}\n! dial\n@ up\ns+ {SSL}\nS+ S\n! tls-server\n@ up\ns+ {STARTUP}\nS+ {OK}\nc+ {OK}\n! relay");
}

// C1, CVE-2021-23214: what comes with SSLRequest is TLS's alone.
TEST(PostgresServerRole, BytesBehindSslRequest) {
  for (const TlsMode client : {kOpp, kReq}) {
    for (const std::string& bytes : {kStartup, kCancel, kSsl, std::string("x"), std::string(R"(\x16\x03\x01)")}) {
      DialogueDriver driver = Stage({"postgres", client, kOff});
      driver.Open();
      driver.Arrive(Side::kClient, Unescape(kSsl + bytes));
      EXPECT_EQ(driver.act(), ActKind::kTlsClient);
      EXPECT_EQ(driver.to_tls(Side::kClient), Unescape(bytes));
      EXPECT_EQ(driver.said(Side::kClient), "S");
      EXPECT_EQ(driver.said(Side::kServer), "");
      EXPECT_EQ(driver.dials(), 0);
    }
  }
}

// As PostgreSQL does: what was asked already, or inside TLS, is a version that nobody speaks.
TEST(PostgresServerRole, RequestsOutOfPlace) {
  const std::string ssl =
      "c+ " + Fatal("0A000", "unsupported frontend protocol 1234.5679") + "\n! fail protocol_error client";
  const std::string gss =
      "c+ " + Fatal("0A000", "unsupported frontend protocol 1234.5680") + "\n! fail protocol_error client";
  const std::string other =
      "c+ " + Fatal("0A000", "unsupported frontend protocol 1234") + "\n! fail protocol_error client";
  for (const TlsMode client : {kOpp, kReq}) {
    PlayPostgres(client, kOff, "C+ {SSL}\nc+ S\n! tls-client\n@ up\nC+ {SSL}\n" + ssl);
    PlayPostgres(client, kOff, "C+ {SSL}\nc+ S\n! tls-client\n@ up\nC+ {GSS}\n" + gss);
  }
  PlayPostgres(kOff, kReq, "C+ {SSL}\nc+ N\nC+ {SSL}\n" + ssl);
  PlayPostgres(kImp, kReq, "C+ {SSL}\nc+ N\nC+ {SSL}\n" + ssl);
  PlayPostgres(kOff, kReq, "C+ {GSS}\nc+ N\nC+ {GSS}\n" + gss);
  PlayPostgres(kOff, kOff, "C+ \\0\\0\\0\\x08\\x04\\xd2\\x16\\x31\n" + other);
}

TEST(PostgresServerRole, NoStartupPacket) {
  const std::string length =
      "\nc+ " + Fatal("08P01", "invalid length of startup packet") + "\n! fail protocol_error client";
  for (const std::string_view bytes : {R"(\0\0\0\0)", R"(\0\0\0\x07)", R"(\0\x01\0\0)", R"(\0\0\x27\x15)"}) {
    PlayPostgres(kOff, kOff, "C+ " + std::string(bytes) + length);
  }
  const std::string wrong =
      "\nc+ " + Fatal("08P01", "a request with the wrong length") + "\n! fail protocol_error client";
  for (const std::string_view bytes : {R"(\0\0\0\x09\x04\xd2\x16\x2f)", R"(\0\0\0\x0c\x04\xd2\x16\x30)",
                                       R"(\0\0\0\x0c\x04\xd2\x16\x2e)", R"(\0\0\x01\x0d\x04\xd2\x16\x2e)"}) {
    PlayPostgres(kReq, kOff, "C+ " + std::string(bytes) + wrong);
  }
  PlayPostgres(kOff, kOff, "C+ GET /\nc+ " + Fatal("08P01", "not a startup packet") + "\n! fail protocol_error client");
  PlayPostgres(kReq, kOff,
               "C+ \\x16\\x03\\x01\nc+ " + Fatal("08P01", "TLS from the first byte: SSLRequest must come first") +
                   "\n! fail protocol_error client");
}

// The server reads no more than this, and so do we.
TEST(PostgresServerRole, TheLargestStartupPacket) {
  DialogueDriver driver = Stage({"postgres", kOff, kOff});
  driver.Open();
  const std::string packet = Unescape(R"(\0\0\x27\x14\0\x03\0\0)") + std::string(9996, 'x');
  for (const char c : packet) driver.Arrive(Side::kClient, {&c, 1});
  ASSERT_EQ(driver.act(), ActKind::kDial);
  driver.Succeed();
  EXPECT_EQ(driver.said(Side::kServer), packet);
}

// Old versions and new ones are the server's to judge.
TEST(PostgresServerRole, AnyVersion) {
  for (const char* const version : {R"(\0\x02\0\0)", R"(\0\x03\0\x02)", R"(\0\x09\0\0)"}) {
    const std::string packet = R"(\0\0\0\x09)" + std::string(version) + R"(\0)";
    PlayPostgres(kOff, kOff, "C+ " + packet + "\n! dial\n@ up\ns+ " + packet + "\n! relay");
  }
}

// A key alone, which psql sends in plaintext whatever its session was: let through everywhere.
TEST(PostgresCancel, ToOneAddress) {
  for (const TlsMode client : {kOff, kOpp, kReq, kImp}) {
    PlayPostgres(client, kReq, R"(
      C+ {CANCEL}
      ! dial
      @ up
      s+ {SSL}
      S+ S
      ! tls-server
      @ up
      s+ {CANCEL}
      blame: server
      @ closed server
      ! dial-next
      @ closed none
      ! fail closed none
    )");
  }
  PlayPostgres(kReq, kOff, "C+ {SSL}\nc+ S\n! tls-client\n@ up\nC+ {CANCEL}\n! dial\n@ up\ns+ {CANCEL}");
}

TEST(PostgresCancel, ToEachAddress) {
  PlayPostgres(kReq, kOff, R"(
    C+ {CANCEL}
    ! dial
    @ up
    s+ {CANCEL}
    @ closed server
    ! dial-next
    @ up
    s+ {CANCEL}
    @ reset server
    ! dial-next
    @ connect_failed server
    ! dial-next
    @ closed none
    ! fail closed none
  )");
}

TEST(PostgresCancel, ToThoseThatCanBeHad) {
  PlayPostgres(kOff, kReq, R"(
    C+ {CANCEL}
    ! dial
    @ up
    s+ {SSL}
    S+ N
    ! dial-next
    @ up
    s+ {SSL}
    S+ S
    ! tls-server
    @ failed
    ! dial-next
    @ up
    s+ {SSL}
    S+ S
    ! tls-server
    @ verify_failed server
    ! dial-next
    @ up
    s+ {SSL}
    S+ S
    ! tls-server
    @ up
    s+ {CANCEL}
    @ truncated server
    ! dial-next
    @ closed none
    ! fail closed none
  )");
}

TEST(PostgresCancel, ToNoneOfThem) {
  PlayPostgres(kReq, kOff, R"(
    C+ {CANCEL}
    ! dial
    @ connect_failed server
    ! dial-next
    @ closed none
    c+ {UNAVAILABLE}
    ! fail connect_failed server
  )");
  PlayPostgres(kOff, kReq, R"(
    C+ {CANCEL}
    ! dial
    @ up
    s+ {SSL}
    S+ N
    ! dial-next
    @ closed none
    c+ {INSECURE}
    ! fail starttls_not_offered server
  )");
}

// What is not the server's doing ends it.
TEST(PostgresCancel, Cut) {
  for (const protocol::Failure& failure :
       {protocol::Failure{End::kTimeout, Blame::kServer, ""}, protocol::Failure{End::kDrained, Blame::kNone, ""},
        protocol::Failure{End::kReset, Blame::kClient, ""}, protocol::Failure{End::kLimit, Blame::kProxy, ""}}) {
    DialogueDriver driver = Stage({"postgres", kOff, kOff});
    driver.Open();
    driver.Arrive(Side::kClient, Unescape(kCancel));
    driver.Succeed();
    EXPECT_EQ(driver.said(Side::kServer), Unescape(kCancel));
    driver.Abandon(failure);
    EXPECT_EQ(driver.act(), ActKind::kFail);
    EXPECT_EQ(driver.failure().end, failure.end);
  }
}

}  // namespace
}  // namespace starlock::test
