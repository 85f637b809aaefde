// The leg towards the client where TLS is required, and the last words of every mode.

#include <gtest/gtest.h>

#include "protocol/core/limits.h"
#include "scenes.h"

namespace starlock::test {
namespace {

using namespace ldap;  // NOLINT: the messages

// RFC 4511 4.14: the request as it stands on the wire, and 4513 3.1.
TEST(LdapServerRole, UpgradesAndThenRelays) {
  Play({"ldap", kReq, kImp}, Line('C', StartTls(1)) + "! dial\n@ up\n! tls-server\n@ up\n" +
                                 Line('c', Result(1, 0x78, 0)) + "! tls-client\n@ up\n! relay\n" + Line('C', Bind(2)) +
                                 Line('s', Bind(2)) + "! relay\n");
}

TEST(LdapServerRole, LongFormLengthsAreNormal) {
  const std::string inner =
      std::string("\x02\x01\x05", 3) + "\x77\x84" + std::string("\x00\x00\x00\x18", 4) + "\x80\x16" + std::string(kOid);
  const std::string request = std::string("\x30\x84\x00\x00\x00", 5) + static_cast<char>(inner.size()) + inner;
  Play({"ldap", kReq, kOff}, Line('C', request) + "! dial\n@ up\n" + Line('c', Result(5, 0x78, 0)) + "! tls-client\n");
}

TEST(LdapServerRole, EachOperationIsRefusedInItsOwnResponse) {
  struct Pair {
    uint8_t request, response;
  };
  for (const auto& [request, response] : {Pair{0x60, 0x61}, Pair{0x63, 0x65}, Pair{0x66, 0x67}, Pair{0x68, 0x69},
                                          Pair{0x4a, 0x6b}, Pair{0x6c, 0x6d}, Pair{0x6e, 0x6f}, Pair{0x77, 0x78}}) {
    Play({"ldap", kReq, kOff}, Line('C', Message(7, request, "")) + "! dial\n@ up\n" +
                                   Line('c', Result(7, response, 13, "StartTLS is required first")) +
                                   Line('C', StartTls(300)) + Line('c', Result(300, 0x78, 0)) + "! tls-client\n");
  }
}

TEST(LdapServerRole, AbandonHasNoAnswerAndUnbindEnds) {
  Play({"ldap", kReq, kOff},
       Line('C', Message(2, 0x50, "\x01")) + "! dial\n@ up\n" + Line('C', Unbind(3)) + "! fail tls_required client\n");
  Play({"ldap", kReq, kOff}, Line('C', Unbind(3)) + "! dial\n@ up\n! fail closed none\n");
}

TEST(LdapServerRole, StartTlsWithAValueIsRefused) {
  const std::string request = Message(1, 0x77, Element(0x80, kOid) + Element(0x81, "x"));
  Play({"ldap", kReq, kOff},
       Line('C', request) + "! dial\n@ up\n" + Line('c', Result(1, 0x78, 2, "StartTLS takes no value")));
}

TEST(LdapServerRole, NotTheProtocol) {
  const std::string indefinite("\x30\x80\x02\x01\x01\x77", 6);
  for (const std::string& bytes : {std::string("GET / HTTP/1.0\r\n"), std::string("\x16\x03\x01")}) {
    Play({"ldap", kReq, kOff},
         Line('C', bytes) + Line('c', Notice(2, "not an LDAP message")) + "! fail protocol_error client\n");
  }
  Play({"ldap", kOff, kOff},
       Line('C', indefinite) + Line('c', Notice(2, "an indefinite length")) + "! fail protocol_error client\n");
  Play({"ldap", kOff, kOff}, Line('C', std::string("\x30\x85\x00", 3)) +
                                 Line('c', Notice(2, "a length longer than four octets")) +
                                 "! fail protocol_error client\n");
  Play({"ldap", kReq, kOff}, Line('C', StartTls(0)) + "! dial\n@ up\n" + Line('c', Notice(2, "not an LDAP request")) +
                                 "! fail protocol_error client\n");
  Play({"ldap", kReq, kOff}, Line('C', Result(1, 0x78, 0)) + "! dial\n@ up\n" +
                                 Line('c', Notice(2, "not an LDAP request")) + "! fail protocol_error client\n");
  // Four gigabytes are announced, and never waited for.
  Play({"ldap", kReq, kOff}, Line('C', Bind(1)) + "! dial\n@ up\n" +
                                 Line('c', Result(1, 0x61, 13, "StartTLS is required first")) +
                                 Line('C', std::string("\x30\x84\xff\xff\xff\xff", 6)) +
                                 Line('c', Notice(2, "message too long")) + "! fail tls_required client\n");
}

TEST(LdapServerRole, CommandInjection) {
  for (const TlsMode server : {kOff, kImp}) {
    const std::string up = server == kImp ? "! tls-server\n@ up\n" : "";
    for (const TlsMode client : {kOpp, kReq}) {
      Play({"ldap", client, server}, Line('C', StartTls(1) + Bind(2)) + "! dial\n@ up\n" + up +
                                         Line('c', Result(1, 0x78, 0)) + Line('T', Bind(2)) + "! tls-client\n");
    }
  }
}

TEST(LdapServerRole, TooMuchBeforeTls) {
  auto driver = Stage({"ldap", kReq, kOff});
  driver.Open();
  driver.Arrive(Side::kClient, Bind(1));
  driver.Succeed();
  for (int i = 0; i < 200; ++i) driver.Arrive(Side::kClient, Bind(1));
  EXPECT_EQ(driver.failure().end, End::kTlsRequired);
  EXPECT_EQ(driver.said(Side::kServer), "");
}

// StartTLS itself does not count: a client is let in after as many refusals as there may be.
TEST(LdapServerRole, StartTlsAfterAllRefusalsThatThereMayBe) {
  auto driver = Stage({"ldap", kReq, kOff});
  driver.Open();
  driver.Arrive(Side::kClient, Bind(1));
  driver.Succeed();
  for (int i = 1; i < protocol::kMaxCommands; ++i) driver.Arrive(Side::kClient, Bind(1));
  EXPECT_EQ(driver.act(), ActKind::kRead);
  driver.Arrive(Side::kClient, StartTls(2));
  EXPECT_EQ(driver.act(), ActKind::kTlsClient);
}

TEST(LdapServerRole, LastWords) {
  for (const TlsMode client : {kOff, kOpp, kReq}) {
    Play({"ldap", client, kOff}, Line('C', Bind(1)) + "! dial\n@ connect_failed server\n" +
                                     Line('c', Notice(52, "Service not available")) + "! fail connect_failed server\n");
  }
  Play({"ldap", kOff, kOff}, "@ drained none\n" + Line('c', Notice(52, "Shutting down")) + "! fail drained none\n");
  Play({"ldap", kOff, kOff}, "@ timeout client\n" + Line('c', Notice(52, "Timeout")) + "! fail timeout client\n");
}

}  // namespace
}  // namespace starlock::test
