// Attacks on MySQL's upgrade to TLS, at every cut, each with a control.

#include <gtest/gtest.h>

#include "scenes.h"

namespace starlock::test {
namespace {

const std::string kOk("\x00\x00\x00\x02\x00\x00\x00", 7);
const std::string kUnsafe = "Service not available: no secure connection";
const std::string kLost = "Service not available";

std::string Greet(bool offers, bool shown) {
  return Line('S', MysqlGreeting(offers)) + Line('c', MysqlGreeting(shown));
}

// C1: a HandshakeResponse in plaintext after the SSLRequest is given to TLS, which fails. C3: so is a ClientHello,
// which is legitimate.
TEST(MysqlAttack, C1WhatFollowsSslRequestIsForTlsAlone) {
  for (const TlsMode client : {kOpp, kReq}) {
    for (const TlsMode server : {kOff, kOpp, kReq, kImp}) {
      const std::string injected = MysqlResponse(2, true);
      Play({"mysql", client, server}, Greet(true, true) + Line('C', MysqlSslRequest() + injected) + "! tls-client\n" +
                                          Line('T', injected) +
                                          "@ plaintext_after_starttls client\n! fail plaintext_after_starttls client");
    }
    const std::string hello = "\x16\x03\x01\x02";
    Play({"mysql", client, kOff}, Greet(true, true) + Line('C', MysqlSslRequest() + hello) + "! tls-client\n" +
                                      Line('T', hello) + "@ up\n" + Line('C', MysqlResponse(2, true)) +
                                      Line('s', MysqlResponse(1, false)) + Line('S', MysqlPacket(2, kOk)) +
                                      Line('c', MysqlPacket(3, kOk)) + "! relay");
  }
}

// C2: the half that arrives inside TLS is parsed on its own.
TEST(MysqlAttack, C2APacketInTwoHalves) {
  const std::string response = MysqlResponse(2, true);
  Play({"mysql", kReq, kOff}, Greet(false, true) + Line('C', MysqlSslRequest() + response.substr(0, 9)) +
                                  "! tls-client\n" + Line('T', response.substr(0, 9)) + "@ up\n" +
                                  Line('C', MysqlPacket(2, "\x01")) +
                                  Line('c', MysqlError(3, 1043, "", "Bad handshake")) + "! fail protocol_error client");
}

// A packet that sets CLIENT_SSL must be an SSLRequest. A longer one has a user name and a proof in plaintext.
TEST(MysqlAttack, F3NotQuiteAnSslRequest) {
  for (const TlsMode client : {kOpp, kReq}) {
    Play({"mysql", client, kOff}, Greet(false, true) + Line('C', MysqlResponse(1, true)) +
                                      Line('c', MysqlError(2, 1043, "08S01", "Bad handshake")) +
                                      "! fail protocol_error client");
    Play({"mysql", client, kOff},
         Greet(false, true) +
             Line('C', "\x20" + MysqlSslRequest().substr(1, 2) + "\x02" + MysqlSslRequest().substr(4)) +
             Line('c', MysqlError(3, 1043, "08S01", "Bad handshake")) + "! fail protocol_error client");
  }
}

TEST(MysqlAttack, F4SslRequestAgainOrWhereThereIsNone) {
  const std::string again = "\x20" + MysqlSslRequest().substr(1, 2) + "\x02" + MysqlSslRequest().substr(4);
  for (const TlsMode server : {kOff, kReq, kImp}) {
    Play({"mysql", kReq, server}, Greet(true, true) + Line('C', MysqlSslRequest()) + "! tls-client\n@ up\n" +
                                      Line('C', again) + Line('c', MysqlError(3, 1043, "08S01", "Bad handshake")) +
                                      "! fail protocol_error client");
    for (const TlsMode client : {kOff, kImp}) {
      Play({"mysql", client, server}, Greet(true, false) + Line('C', MysqlSslRequest()) +
                                          Line('c', MysqlError(2, 1043, "08S01", "Bad handshake")) +
                                          "! fail protocol_error client");
    }
  }
}

// R1, R2, R3: a server that sends more than its greeting before TLS.
TEST(MysqlAttack, R1BytesBehindTheGreeting) {
  for (const TlsMode server : {kOpp, kReq}) {
    for (const std::string& injected : {MysqlPacket(1, kOk), MysqlPacket(2, kOk), MysqlError(1, 1045, "28000", "no"),
                                        MysqlPacket(1,
                                                    "\xfe"
                                                    "mysql_clear_password")}) {
      Play({"mysql", kOff, server}, Greet(true, false) + Line('S', injected) +
                                        Line('c', MysqlError(1, 1105, "", kLost)) + "! fail protocol_error server");
      Play({"mysql", kReq, server}, Greet(true, true) + Line('C', MysqlSslRequest()) + "! tls-client\n@ up\n" +
                                        Line('S', injected) + Line('c', MysqlError(2, 1105, "HY000", kLost)) +
                                        "! fail protocol_error server");
    }
    // An incomplete packet: detected when the upgrade begins.
    for (const std::string& tail : {std::string("\x07"), std::string("\x07\0\0\2\0", 5)}) {
      Play({"mysql", kOff, server},
           Greet(true, false) + "--\n" + Line('S', tail) + "blame: client\n" + Line('C', MysqlResponse(1, false)) +
               Line('c', MysqlError(2, 1105, "HY000", kUnsafe)) + "! fail plaintext_after_starttls server");
    }
  }
}

TEST(MysqlAttack, R1BytesBetweenSslRequestAndTls) {
  const std::string injected = MysqlPacket(2, kOk);
  for (const TlsMode server : {kOpp, kReq}) {
    Play({"mysql", kOff, server},
         Greet(true, false) + Line('C', MysqlResponse(1, false)) + Line('s', MysqlSslRequest()) + "! tls-server\n" +
             Line('S', injected) + "! tls-server\n" + Line('T', injected) + "@ plaintext_after_starttls server\n" +
             Line('c', MysqlError(2, 1105, "HY000", kUnsafe)) + "! fail plaintext_after_starttls server");
  }
}

// S1, BACKRONYM: without the server's CLIENT_SSL nothing of the client is sent; with it, nothing in plaintext.
TEST(MysqlAttack, S1Stripping) {
  for (const TlsMode client : {kOff, kOpp, kReq, kImp}) {
    DialogueDriver driver = Stage({"mysql", client, kReq});
    driver.Open();
    driver.Arrive(Side::kServer, MysqlGreeting(false));
    driver.Arrive(Side::kClient, MysqlResponse(1, false));
    EXPECT_EQ(driver.failure().end, End::kStarttlsNotOffered);
    EXPECT_EQ(driver.said(Side::kServer), "");
    EXPECT_EQ(driver.said(Side::kClient), MysqlError(0, 1105, "", kUnsafe));
  }
}

}  // namespace
}  // namespace starlock::test
