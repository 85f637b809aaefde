#include "config/open_relay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support.h"

namespace starlock::config {
namespace {

using testing::HasSubstr;

Config OneListener(const std::string& protocol, std::vector<HostPort> listen, std::vector<HostPort> server) {
  Listener listener;
  listener.name = "front";
  listener.protocol = protocol;
  listener.listen = std::move(listen);
  listener.listen_at = {"f.yaml", 4, 13};
  listener.server.address = std::move(server);
  Config config;
  config.listeners = {listener};
  return config;
}

size_t WarningsFor(const std::string& listen, const std::string& server, const std::string& protocol = "smtp") {
  return FindOpenRelays(OneListener(protocol, {{listen, 25}}, {{server, 2525}})).size();
}

TEST(OpenRelay, IsAServerOnLoopbackBehindAListenerElsewhere) {
  for (const char* listen : {"0.0.0.0", "::", "192.0.2.1", "2001:db8::1", "mail.example.org"}) {
    for (const char* server : {"127.0.0.1", "127.255.3.4", "::1", "::ffff:127.0.0.1", "localhost", "LocalHost.",
                               "mail.localhost", "ip6-localhost", "localhost.localdomain"}) {
      EXPECT_EQ(WarningsFor(listen, server), 1U) << listen << " " << server;
    }
    for (const char* server :
         {"192.0.2.9", "128.0.0.1", "::2", "::ffff:192.0.2.1", "localhost.example.org", "mylocalhost"}) {
      EXPECT_EQ(WarningsFor(listen, server), 0U) << listen << " " << server;
    }
  }
}

TEST(OpenRelay, IsNoneBehindAListenerOnLoopback) {
  for (const char* listen : {"127.0.0.1", "127.0.0.2", "::1", "localhost"}) {
    EXPECT_EQ(WarningsFor(listen, "127.0.0.1"), 0U) << listen;
  }
}

TEST(OpenRelay, IsNoneForOtherProtocols) {
  for (const char* protocol : {"lmtp", "imap", "tcp"}) EXPECT_EQ(WarningsFor("0.0.0.0", "127.0.0.1", protocol), 0U);
}

TEST(OpenRelay, OneAddressOfEachListIsEnough) {
  const Config config = OneListener("smtp", {{"127.0.0.1", 25}, {"192.0.2.1", 587}}, {{"192.0.2.9", 25}, {"::1", 26}});
  const auto warnings = FindOpenRelays(config);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_THAT(warnings[0].ToString(), HasSubstr("f.yaml:4:13: listener 'front' leads from 192.0.2.1:587 to the mail "
                                                "server [::1]:26 on this machine"));
  for (const char* word : {"open relay", "mynetworks", "relay_from_hosts", "conf/front-smtp.yaml"}) {
    EXPECT_THAT(warnings[0].message, HasSubstr(word));
  }
}

TEST(OpenRelay, IsReportedForOptionsToo) {
  Flags flags;
  flags.protocol = "smtp";
  flags.listen = "0.0.0.0:0";
  flags.upstream = "localhost:25";
  flags.upstream_tls = "off";
  const Loaded loaded = FromFlags(flags, TestDialects());
  ASSERT_EQ(loaded.warnings.size(), 1U);
  EXPECT_THAT(loaded.warnings[0].ToString(), testing::StartsWith("--listen: listener 'smtp' leads from 0.0.0.0:0"));
}

}  // namespace
}  // namespace starlock::config
