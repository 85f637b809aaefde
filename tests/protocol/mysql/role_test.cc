// Both roles of MySQL: greeting, SSLRequest, HandshakeResponse, and their sequence ids.

#include <gtest/gtest.h>

#include "scenes.h"

namespace starlock::test {
namespace {

const std::string kLost = "Service not available";
const std::string kUnsafe = "Service not available: no secure connection";
const std::string kPlainRefused = "Connections using insecure transport are prohibited: connect with TLS";
const std::string kDown = "Server shutdown in progress";

std::string Ok(int id) { return MysqlPacket(id, std::string("\x00\x00\x00\x02\x00\x00\x00", 7)); }

/// The server greets with CLIENT_SSL or not, and the client sees it set or not.
std::string Greet(bool offers, bool shown) {
  return Line('S', MysqlGreeting(offers)) + Line('c', MysqlGreeting(shown));
}

TEST(MysqlRole, NoTlsAnywhere) {
  for (const bool mariadb : {false, true}) {
    Play({"mysql", kOff, kOff}, Line('S', MysqlGreeting(true, mariadb)) + Line('c', MysqlGreeting(false, mariadb)) +
                                    "blame: client\n" + Line('C', MysqlResponse(1, false)) +
                                    Line('s', MysqlResponse(1, false)) + "! relay");
  }
}

// A client that does not upgrade logs in directly.
TEST(MysqlRole, OpportunisticClientDeclines) {
  for (const bool offers : {false, true}) {
    Play({"mysql", kOpp, kOff},
         Greet(offers, true) + Line('C', MysqlResponse(1, false)) + Line('s', MysqlResponse(1, false)) + "! relay");
  }
}

// TLS on the client's leg only: ids to the server are one less, ids to the client one more, until OK.
TEST(MysqlRole, ClientUpgrades) {
  for (const TlsMode client : {kOpp, kReq}) {
    Play({"mysql", client, kOff}, Greet(false, true) + Line('C', MysqlSslRequest()) +
                                      "! tls-client\n@ up\nblame: client\n" + Line('C', MysqlResponse(2, true)) +
                                      Line('s', MysqlResponse(1, false)) + "blame: client\n" + Line('S', Ok(2)) +
                                      Line('c', Ok(3)) + "! relay\n" + Line('C', MysqlPacket(0, "\x03SELECT 1")) +
                                      Line('s', MysqlPacket(0, "\x03SELECT 1")) + "! relay");
  }
}

// TLS on the server's leg only: the reverse. Our SSLRequest is the start of the client's response.
TEST(MysqlRole, ServerUpgrades) {
  for (const TlsMode server : {kOpp, kReq}) {
    Play({"mysql", kOff, server}, Greet(true, false) + "blame: client\n" + Line('C', MysqlResponse(1, false)) +
                                      Line('s', MysqlSslRequest()) + "! tls-server\nblame: server\n@ up\n" +
                                      Line('s', MysqlResponse(2, true)) + Line('S', Ok(3)) + Line('c', Ok(2)) +
                                      "! relay");
  }
}

TEST(MysqlRole, BothUpgrade) {
  Play({"mysql", kReq, kReq}, Greet(true, true) + Line('C', MysqlSslRequest()) + "! tls-client\n@ up\n" +
                                  Line('C', MysqlResponse(2, true)) + Line('s', MysqlSslRequest()) +
                                  "! tls-server\n@ up\n" + Line('s', MysqlResponse(2, true)) + "! relay");
}

// On implicit legs CLIENT_SSL is cleared.
TEST(MysqlRole, ImplicitLegs) {
  Play({"mysql", kImp, kImp},
       Greet(true, false) + Line('C', MysqlResponse(1, false)) + Line('s', MysqlResponse(1, false)) + "! relay");
  Play({"mysql", kImp, kReq}, Greet(true, false) + Line('C', MysqlResponse(1, false)) + Line('s', MysqlSslRequest()) +
                                  "! tls-server\n@ up\n" + Line('s', MysqlResponse(2, true)) + Line('S', Ok(3)) +
                                  Line('c', Ok(2)) + "! relay");
  // No id changes, but the login is read for packets that cannot work with TLS on one leg.
  Play({"mysql", kOff, kImp}, Greet(true, false) + Line('C', MysqlResponse(1, false)) +
                                  Line('s', MysqlResponse(1, false)) + Line('S', Ok(2)) + Line('c', Ok(2)) + "! relay");
}

// CLIENT_SSL that was not offered is ignored, as servers do.
TEST(MysqlRole, TheSslBitWhereItWasNotOffered) {
  Play({"mysql", kOff, kOff},
       Greet(false, false) + Line('C', MysqlResponse(1, true)) + Line('s', MysqlResponse(1, false)) + "! relay");
}

TEST(MysqlRole, RequiredOfTheClient) {
  for (const TlsMode server : {kOff, kOpp, kReq, kImp}) {
    Play({"mysql", kReq, server}, Greet(true, true) + Line('C', MysqlResponse(1, false)) +
                                      Line('c', MysqlError(2, 3159, "HY000", kPlainRefused)) +
                                      "! fail tls_required client");
  }
}

TEST(MysqlRole, RequiredOfTheServer) {
  for (const TlsMode client : {kOff, kOpp, kReq, kImp}) {
    Play({"mysql", client, kReq}, Line('S', MysqlGreeting(false)) + Line('c', MysqlError(0, 1105, "", kUnsafe)) +
                                      "! fail starttls_not_offered server");
    Play({"mysql", client, kOpp}, Line('S', MysqlGreeting(false)) +
                                      Line('c', MysqlGreeting(client == kOpp || client == kReq)) +
                                      "note: the server does not offer the upgrade to TLS");
  }
  Play({"mysql", kOff, kReq}, Greet(true, false) + Line('C', MysqlResponse(1, false)) + Line('s', MysqlSslRequest()) +
                                  "! tls-server\n@ failed\n" + Line('c', MysqlError(2, 1105, "HY000", kUnsafe)) +
                                  "! fail handshake_failed server");
}

// The second connection has another salt, so the server is made to ask for a new proof.
TEST(MysqlRole, AnOpportunisticHandshakeThatFails) {
  const std::string until_dialled = Line('C', MysqlResponse(1, false)) + Line('s', MysqlSslRequest()) +
                                    "! tls-server\n@ failed\nnote: the TLS handshake with the server failed\n! dial\n" +
                                    "@ up\n" + Line('S', MysqlGreeting(true));
  Play({"mysql", kOff, kOpp},
       Greet(true, false) + until_dialled + Line('s', MysqlResponse(1, false, "starlock_dialled_again")) + "! relay");
  const std::string upgraded =
      Line('C', MysqlSslRequest()) + "! tls-client\n@ up\n" + Line('C', MysqlResponse(2, true)) +
      Line('s', MysqlSslRequest()) + "! tls-server\n@ failed\nnote: the TLS handshake\n! dial\n@ up\n" +
      Line('S', MysqlGreeting(false)) + Line('s', MysqlResponse(1, false, "starlock_dialled_again"));
  const std::string asks = "\xfemysql_native_password";
  Play({"mysql", kReq, kOpp}, Greet(true, true) + upgraded + Line('S', MysqlPacket(2, asks)) +
                                  Line('c', MysqlPacket(3, asks)) + Line('C', MysqlPacket(4, "newproof")) +
                                  Line('s', MysqlPacket(3, "newproof")) + Line('S', Ok(4)) + Line('c', Ok(5)) +
                                  "! relay");
}

TEST(MysqlRole, AServerThatRefusesService) {
  const std::string full = MysqlError(0, 1040, "", "Too many connections");
  for (const TlsMode client : {kOff, kOpp, kReq, kImp}) {
    for (const TlsMode server : {kOff, kOpp, kImp}) {
      Play({"mysql", client, server}, Line('S', full) + Line('c', full) + "! fail closed server");
    }
    // Where TLS is required, the text in plaintext could be forged.
    Play({"mysql", client, kReq}, Line('S', full) + Line('c', MysqlError(0, 1105, "", kLost)) + "! fail closed server");
  }
}

TEST(MysqlRole, AServerThatLeavesBeforeTheAnswer) {
  Play({"mysql", kOff, kOff}, Greet(false, false) + "--\n" + Line('S', MysqlError(1, 1053, "", "bye")) +
                                  Line('c', MysqlError(1, 1053, "", "bye")) + "! fail closed server");
  Play({"mysql", kReq, kOff}, Greet(false, true) + Line('C', MysqlSslRequest()) + "! tls-client\n@ up\n" +
                                  Line('S', MysqlError(1, 1053, "", "bye")) +
                                  Line('c', MysqlError(2, 1053, "", "bye")) + "! fail closed server");
}

TEST(MysqlRole, Goodbyes) {
  Play({"mysql", kReq, kOff}, "@ drained none\n" + Line('c', MysqlError(0, 1053, "", kDown)) + "! fail drained none");
  Play({"mysql", kReq, kOff},
       "@ limit proxy\n" + Line('c', MysqlError(0, 1040, "", "Too many connections")) + "! fail limit proxy");
  Play({"mysql", kReq, kOff},
       "@ connect_failed server\n" + Line('c', MysqlError(0, 1105, "", kLost)) + "! fail connect_failed server");
  Play({"mysql", kReq, kOff},
       Greet(false, true) + "@ drained none\n" + Line('c', MysqlError(1, 1053, "", kDown)) + "! fail drained none");
  Play({"mysql", kReq, kOff}, Greet(false, true) + Line('C', MysqlSslRequest()) + "! tls-client\n@ up\n" +
                                  "@ timeout client\n" +
                                  Line('c', MysqlError(2, 1159, "08S01", "Got timeout reading communication packets")) +
                                  "! fail timeout client");
  Play({"mysql", kReq, kOff}, Greet(false, true) + Line('C', MysqlSslRequest()) + "! tls-client\n@ up\n" +
                                  Line('C', MysqlResponse(2, true)) + Line('s', MysqlResponse(1, false)) +
                                  "@ drained none\n" + Line('c', MysqlError(3, 1053, "08S01", kDown)) +
                                  "! fail drained none");
  Play({"mysql", kReq, kOff},
       Greet(false, true) + Line('C', MysqlSslRequest()) + "! tls-client\n@ drained none\n! fail drained none");
}

// Before 4.1: two bytes of flags, no SQL state. Passed on where nothing must be edited.
TEST(MysqlRole, ClientsAndServersBefore41) {
  const std::string old = MysqlPacket(1, std::string("\x05\x24\x00\x00\x00root\0SECRET", 16));
  Play({"mysql", kOff, kOff}, Greet(true, false) + Line('C', old) + Line('s', old) + "! relay");
  Play({"mysql", kOff, kReq}, Greet(true, false) + Line('C', old) +
                                  Line('c', MysqlError(2, 1043, "", "Bad handshake")) + "! fail protocol_error client");
  Play({"mysql", kReq, kOff}, Greet(false, true) + Line('C', old) + Line('c', MysqlError(2, 3159, "", kPlainRefused)) +
                                  "! fail tls_required client");
  const std::string version9 = MysqlPacket(0, std::string("\x09"
                                                          "3.23\0abcdsaltsalt\0",
                                                          18));
  Play({"mysql", kOff, kOff},
       Line('S', version9) + Line('c', MysqlError(0, 1105, "", kLost)) + "! fail protocol_error server");
}

TEST(MysqlRole, NotMysqlAtAll) {
  Play({"mysql", kOff, kOff},
       "S: HTTP/1.1 400 Bad Request\n" + Line('c', MysqlError(0, 1105, "", kLost)) + "! fail protocol_error server");
  Play({"mysql", kOff, kOff}, Greet(false, false) + "C: GET / HTTP/1.1\n" +
                                  Line('c', MysqlError(1, 1043, "", "Bad handshake")) + "! fail protocol_error client");
  for (const std::string& packet : {MysqlPacket(1, ""), MysqlPacket(1, "\x05"), MysqlPacket(1, "\x05\x02"),
                                    MysqlResponse(0, false), MysqlResponse(2, false), MysqlSslRequest()}) {
    DialogueDriver played = Stage({"mysql", kOff, kOff});
    played.Open();
    played.Arrive(Side::kServer, MysqlGreeting(false));
    played.Arrive(Side::kClient, packet);
    EXPECT_EQ(played.failure().end, End::kProtocolError);
    EXPECT_EQ(played.failure().blame, Blame::kClient);
    EXPECT_EQ(played.said(Side::kServer), "");
  }
}

}  // namespace
}  // namespace starlock::test
