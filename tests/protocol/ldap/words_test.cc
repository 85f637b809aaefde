#include "protocol/ldap/words.h"

#include <gtest/gtest.h>

#include <string>

#include "protocol/ldap/ber.h"

namespace starlock::protocol::ldap {
namespace {

std::string Request(uint8_t op, std::string_view body) {
  return ber::Encode(0x30, {ber::EncodeInteger(0x02, 1), ber::Encode(op, body)});
}

// slapd reads the name whatever its tag is, and lengths of up to eight octets.
TEST(LdapWords, AStartTlsThatCannotBeReadIsRecognisedAsSuch) {
  const std::string oid(kStartTls);
  EXPECT_TRUE(AsStartTls(Parse(StartTlsCall(1))).is);
  const std::string long_length("\x80\x85\0\0\0\0\x16", 7);
  for (const std::string& body : {ber::Encode(0x04, oid), ber::Encode(0x81, oid), long_length + oid, std::string()}) {
    const StartTlsRequest request = AsStartTls(Parse(Request(0x77, body)));
    EXPECT_FALSE(request.is);
    EXPECT_TRUE(request.unreadable);
  }
  const StartTlsRequest other = AsStartTls(Parse(Request(0x77, ber::Encode(0x80, "1.2.3"))));
  EXPECT_FALSE(other.is);
  EXPECT_FALSE(other.unreadable);
}

TEST(LdapWords, MechanismsWithoutALayerIgnoreCase) {
  const auto bind = [](std::string_view mechanism) {
    const std::string sasl = ber::Encode(0xa3, ber::Encode(0x04, mechanism));
    return BindsWithoutLayer(Parse(Request(0x60, ber::EncodeInteger(0x02, 3) + ber::Encode(0x04, "") + sasl)));
  };
  for (const char* mechanism : {"PLAIN", "plain", "External", "scram-sha-256"})
    EXPECT_TRUE(bind(mechanism)) << mechanism;
  for (const char* mechanism : {"GSSAPI", "DIGEST-MD5", "PLAINX", ""}) EXPECT_FALSE(bind(mechanism)) << mechanism;
}

}  // namespace
}  // namespace starlock::protocol::ldap
