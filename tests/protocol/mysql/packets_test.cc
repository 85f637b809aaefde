// MySQL's packets, and the probe of a server.

#include "protocol/mysql/packets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/dialects.h"
#include "scenes.h"

namespace starlock::test {
namespace {

using namespace protocol;  // NOLINT(google-build-using-namespace)
using testing::Contains;
using testing::Not;

TEST(MysqlPackets, Cut) {
  const std::string packet = MysqlPacket(0, "abc");
  for (size_t size = 0; size < packet.size(); ++size) {
    EXPECT_EQ(mysql::CutPacket(packet.substr(0, size)).kind, Frame::Kind::kPartial);
  }
  EXPECT_EQ(mysql::CutPacket(packet + "more").size, packet.size());
  EXPECT_EQ(mysql::CutPacket(MysqlPacket(0, "")).size, 4U);
  EXPECT_EQ(mysql::CutPacket(MysqlPacket(0, std::string(kMaxUnit - 4, 'x'))).kind, Frame::Kind::kWhole);
  EXPECT_EQ(mysql::CutPacket(MysqlPacket(0, std::string(kMaxUnit - 3, 'x')).substr(0, 3)).kind, Frame::Kind::kBad);
}

TEST(MysqlPackets, AGreetingCutShort) {
  const std::string whole = MysqlGreeting(true).substr(4);
  for (size_t size = 0; size < whole.size(); ++size) {
    const auto greeting = mysql::ParseGreeting(MysqlPacket(0, whole.substr(0, size)));
    EXPECT_EQ(greeting.has_value(), size >= 39) << size;  // the rest: salt and plugin
  }
  EXPECT_FALSE(mysql::ParseGreeting(MysqlPacket(1, whole)));
}

TEST(MysqlPackets, OnlyOneBitDiffers) {
  const std::string with = MysqlGreeting(true, true);
  const auto greeting = mysql::ParseGreeting(with);
  ASSERT_TRUE(greeting);
  EXPECT_EQ(greeting->version, "5.5.5-10.11-MariaDB");
  EXPECT_EQ(greeting->plugin, "mysql_native_password");
  EXPECT_EQ(mysql::WithSsl(with, greeting->flags_at, false), MysqlGreeting(false, true));
  EXPECT_EQ(mysql::WithSsl(with, greeting->flags_at, true), with);
  EXPECT_EQ(mysql::WithSsl(MysqlGreeting(false, true), greeting->flags_at, true), with);
}

TEST(MysqlPackets, SslRequestIsTheResponsesBeginning) {
  EXPECT_EQ(mysql::SslRequestFor(MysqlResponse(1, false)), MysqlSslRequest());
  EXPECT_EQ(mysql::SslRequestFor(MysqlResponse(2, true)), MysqlSslRequest());
  EXPECT_EQ(mysql::SslRequest(mysql::kProtocol41 | mysql::kSsl).size(), MysqlSslRequest().size());
}

/// A response with these capabilities and fields.
std::string Response(uint32_t capabilities, std::string_view fields) {
  std::string payload;
  for (int i = 0; i < 4; ++i) payload += static_cast<char>(capabilities >> (8 * i));
  return MysqlPacket(1, payload + std::string(28, '\0') + std::string(fields));
}

TEST(MysqlPackets, AnotherPlugin) {
  constexpr uint32_t kBase = mysql::kProtocol41 | mysql::kPluginAuth;
  struct Case {
    uint32_t capabilities;
    std::string before;
    std::string after;
  };
  const std::string me("me\0", 3);
  const std::string database("test\0", 5);
  const std::string attributes("\0\x05\x01k\x02vv", 8);
  const Case cases[] = {
      {kBase, me + std::string("pw\0", 3), std::string("\0", 1)},
      {kBase, me + std::string("pw\0", 3), ""},
      {kBase | mysql::kSecureConnection, me + "\x03pro", std::string("\0", 1)},
      {kBase | mysql::kSecureConnection, me + std::string("\0", 1), attributes},
      {kBase | mysql::kSecureConnection | mysql::kConnectWithDb, me + "\x03pro" + database, attributes},
      {kBase | mysql::kPluginAuthLenenc, me + "\xfa" + std::string(250, 'p'), attributes},
      {kBase | mysql::kPluginAuthLenenc, me + std::string("\xfc\x2c\x01", 3) + std::string(300, 'p'), attributes},
      {kBase | mysql::kPluginAuthLenenc, me + std::string("\xfd\x2c\x01\x00", 4) + std::string(300, 'p'), attributes},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(mysql::WithPlugin(Response(c.capabilities, c.before + "old" + c.after), "newer"),
              Response(c.capabilities, c.before + "newer" + c.after));
  }
  EXPECT_FALSE(mysql::WithPlugin(Response(mysql::kProtocol41, me + std::string("pw\0", 3)), "newer"));
  for (const std::string& cut : {std::string("me"), me, me + "\x09pro", me + "\xfc", me + "\xfe"}) {
    EXPECT_FALSE(mysql::WithPlugin(Response(kBase | mysql::kPluginAuthLenenc, cut), "newer"));
  }
}

TEST(MysqlPackets, Errors) {
  const std::string packet = mysql::ErrorPacket(3, {1040, "08004", "full"}, true);
  EXPECT_EQ(packet, MysqlError(3, 1040, "08004", "full"));
  EXPECT_EQ(mysql::ErrorText(packet), "full");
  EXPECT_EQ(mysql::ErrorCode(packet), 1040);
  EXPECT_EQ(mysql::ErrorText(mysql::ErrorPacket(0, {1040, "08004", "full"}, false)), "full");
  EXPECT_EQ(mysql::ErrorText(MysqlPacket(0, "\xff")), "");
  EXPECT_EQ(mysql::ErrorText(MysqlPacket(0, "\xff\x01\x02#12")), "");
}

TEST(MysqlProbe, WhatAServerOffers) {
  Findings findings;
  const auto probe = MakeProbe(*FindDialect("mysql"), "probe.example", findings);
  Out out;
  probe->Notify(Event::kUpstreamUp, Side::kServer, out);
  EXPECT_EQ(KindOf(probe->Advance({}, MysqlGreeting(true), out).act), ActKind::kTlsServer);
  EXPECT_EQ(out.server().size(), MysqlSslRequest().size());
  EXPECT_EQ(findings.greeting, "8.0.36");
  EXPECT_EQ(findings.offers_upgrade, true);
  EXPECT_THAT(*findings.before, Contains("CLIENT_SSL"));
  EXPECT_THAT(*findings.before, Contains("auth=mysql_native_password"));
  EXPECT_THAT(*findings.before, Not(Contains("CLIENT_COMPRESS")));
  EXPECT_EQ(KindOf(probe->Notify(Event::kTlsUp, Side::kServer, out).act), ActKind::kRelay);
  EXPECT_EQ(findings.inside, std::nullopt);
}

TEST(MysqlProbe, WhatItDoesNot) {
  struct Case {
    std::string said;
    End end;
    std::string greeting;
  };
  const Case cases[] = {{MysqlGreeting(false), End::kStarttlsNotOffered, "8.0.36"},
                        {MysqlError(0, 1040, "", "full"), End::kStarttlsNotOffered, "ERR 1040 full"},
                        {"220 smtp.example ESMTP\r\n", End::kProtocolError, ""},
                        {MysqlGreeting(true) + MysqlPacket(1, "x"), End::kPlaintextAfterStarttls, "8.0.36"}};
  for (const Case& c : cases) {
    Findings findings;
    const auto probe = MakeProbe(*FindDialect("mysql"), "probe.example", findings);
    Out out;
    probe->Notify(Event::kUpstreamUp, Side::kServer, out);
    const Step step = probe->Advance({}, c.said, out);
    EXPECT_EQ(KindOf(step.act), ActKind::kFail);
    EXPECT_EQ(FailureOf(step.act).end, c.end);
    EXPECT_EQ(findings.greeting.value_or(""), c.greeting);
    EXPECT_EQ(out.server(), "");
  }
}

}  // namespace
}  // namespace starlock::test
