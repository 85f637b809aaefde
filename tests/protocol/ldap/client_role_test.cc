// The leg towards the server: StartTLS, and every way in which it does not come to TLS.

#include <gtest/gtest.h>

#include "scenes.h"

namespace starlock::test {
namespace {

using namespace ldap;  // NOLINT: the messages

std::string Asked(std::string_view first) { return Line('C', first) + "! dial\n@ up\n" + Line('s', StartTls(1)); }

TEST(LdapClientRole, TheClientsFirstWordFollowsTheUpgrade) {
  for (const TlsMode server : {kOpp, kReq}) {
    // The client's own id is ours, too: they never meet.
    const std::string bound = "! tls-server\n@ up\n" + Line('s', Bind(1)) + Line('C', StartTls(2)) +
                              Line('c', Result(2, 0x78, 2, "StartTLS is not available")) +
                              Line('S', Result(1, 0x61, 0)) + Line('c', Result(1, 0x61, 0));
    Play({"ldap", kOff, server}, Asked(Bind(1)) + Line('S', Result(1, 0x78, 0)) + bound);
    const std::string active("\x30\x84\x00\x00\x00\x10\x02\x01\x01\x78\x84\x00\x00\x00\x07\x0a\x01\x00\x04\x00\x04\x00",
                             22);
    Play({"ldap", kOff, server}, Asked(Bind(1)) + Line('S', active) + bound);
  }
}

TEST(LdapClientRole, ItIsNotToBeHad) {
  const std::string gone = Line('c', Notice(52, "Service not available: no secure connection"));
  Play({"ldap", kOff, kReq},
       Asked(Bind(4)) + Line('S', Result(1, 0x78, 2)) + gone + "! fail starttls_not_offered server\n");
  for (const int code : {1, 10, 52, 80}) {  // 10: a referral is none either
    Play({"ldap", kOff, kReq},
         Asked(Bind(4)) + Line('S', Result(1, 0x78, code)) + gone + "! fail starttls_refused server\n");
  }
  Play({"ldap", kOff, kOpp},
       Asked(Bind(4)) + Line('S', Result(1, 0x78, 2)) + "note: the server does not offer\n" + Line('s', Bind(4)));
  Play({"ldap", kOff, kOpp},
       Asked(Bind(4)) + Line('S', Result(1, 0x78, 52)) + "note: the server refused\n" + Line('s', Bind(4)));
}

TEST(LdapClientRole, TheHandshakeFails) {
  Play({"ldap", kOff, kOpp}, Asked(Bind(4)) + Line('S', Result(1, 0x78, 0)) + "! tls-server\n@ failed\n" +
                                 "note: the TLS handshake\n! dial\n@ up\n" + Line('s', Bind(4)));
}

// R1, R3, R7 and what else is no go-ahead.
TEST(LdapClientRole, ResponseInjection) {
  const std::string gone = Line('c', Notice(52, "Service not available"));
  const std::string insecure = Line('c', Notice(52, "Service not available: no secure connection"));
  for (const TlsMode server : {kOpp, kReq}) {
    auto driver = PlayOnce({"ldap", kOff, server}, Asked(Bind(2)));
    driver.Arrive(Side::kServer, Result(1, 0x78, 0) + Result(2, 0x61, 0));
    EXPECT_EQ(driver.failure().end, End::kPlaintextAfterStarttls);
    EXPECT_EQ(driver.said(Side::kClient), Notice(52, "Service not available: no secure connection"));

    Play({"ldap", kOff, server},
         Asked(Bind(2)) + Line('S', Result(2, 0x78, 0)) + gone + "! fail protocol_error server\n");
    Play({"ldap", kOff, server},
         Asked(Bind(2)) + Line('S', Result(1, 0x61, 0)) + gone + "! fail protocol_error server\n");
    Play({"ldap", kOff, server},
         Asked(Bind(2)) + Line('S', Notice(52, "evil")) + insecure + "! fail starttls_refused server\n");
    Play({"ldap", kOff, server}, Asked(Bind(2)) + Line('S', "HTTP") + gone + "! fail protocol_error server\n");
  }
}

}  // namespace
}  // namespace starlock::test
