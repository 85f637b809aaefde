#include "proxy/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/proxy_harness.h"

namespace starlock::proxy {

using namespace test;  // NOLINT(google-build-using-namespace)
namespace {

using testing::HasSubstr;
using testing::SizeIs;

const HostPort kUpstream{"127.0.0.1", 25};

std::vector<std::unique_ptr<Route>> Make(const config::Config& config) {
  auto routes = MakeRoutes(config, MakeCredentials(), MakeDataPorts(config));
  EXPECT_TRUE(routes.ok()) << routes.error().detail;
  return std::move(routes).value();
}

TEST(RoutesTest, ALegHasTlsUnlessItsModeIsOff) {
  for (const TlsMode client : {TlsMode::kOff, TlsMode::kOpportunistic, TlsMode::kRequired, TlsMode::kImplicit}) {
    for (const TlsMode server : {TlsMode::kOff, TlsMode::kOpportunistic, TlsMode::kRequired, TlsMode::kImplicit}) {
      const config::Config config = MakeConfig({.client = client, .server = server}, kUpstream);
      const auto routes = Make(config);
      ASSERT_THAT(routes, SizeIs(1));
      EXPECT_EQ(routes[0]->client_leg != nullptr, client != TlsMode::kOff);
      EXPECT_THAT(routes[0]->server_leg, SizeIs(server != TlsMode::kOff ? 1 : 0));
      EXPECT_EQ(routes[0]->settings, config.listeners.data());
      EXPECT_EQ(routes[0]->limits, &config.limits);
      EXPECT_EQ(routes[0]->dialect->name, "smtp");
      EXPECT_FALSE(routes[0]->host.empty());
    }
  }
}

TEST(RoutesTest, EachAddressHasItsOwnContext) {
  Setting setting{.server = TlsMode::kRequired};
  setting.address = {{"a.example.org", 25}, {"b.example.org", 25}, {"192.0.2.1", 25}};
  const config::Config config = MakeConfig(setting, kUpstream);
  EXPECT_THAT(Make(config)[0]->server_leg, SizeIs(3));
}

TEST(RoutesTest, WhatATlsLegCannotBeMadeOfIsToldWithTheListenersPlace) {
  config::Config config = MakeConfig({.client = TlsMode::kRequired, .server = TlsMode::kRequired}, kUpstream);
  config.listeners[0].client.tls.groups.clear();
  auto routes = MakeRoutes(config, MakeCredentials(), MakeDataPorts(config));
  ASSERT_FALSE(routes.ok());
  EXPECT_EQ(routes.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(routes.error().detail, HasSubstr("test.yaml:7:5: "));
  EXPECT_THAT(routes.error().detail, HasSubstr("groups"));

  config = MakeConfig({.server = TlsMode::kRequired}, kUpstream);
  config.listeners[0].server.tls.min_version = TlsVersion::k13;
  config.listeners[0].server.tls.max_version = TlsVersion::k12;
  routes = MakeRoutes(config, MakeCredentials(), MakeDataPorts(config));
  ASSERT_FALSE(routes.ok());
  EXPECT_THAT(routes.error().detail, HasSubstr("test.yaml:7:5: "));
}

// --- The contexts' effect on the wire: tcp with an implicit server leg, which is only a handshake.

std::string HandshakeWith(const Setting& setting, const pki::PemPair& pem, std::string* sni = nullptr) {
  Rig rig(setting);
  Peer client = rig.Dial();
  Peer server = rig.Accept();
  server.StartTls({.server = true, .pem = &pem});
  if (sni != nullptr) *sni = server.server_name();
  client.Shut();
  server.Rest();
  server.Finish();
  return rig.Record()["end"];
}

Setting Implicit() { return {.protocol = "tcp", .server = TlsMode::kImplicit}; }

TEST(RoutesTest, TheServersNameIsItsAddressWhereNoneIsGiven) {
  std::string sni = "?";
  EXPECT_EQ(HandshakeWith(Implicit(), Pki::Get().good, &sni), "closed") << "127.0.0.1 is in the certificate";
  EXPECT_EQ(sni, "") << "and an address is no name to send";

  Setting setting = Implicit();
  setting.server_name = "localhost";
  EXPECT_EQ(HandshakeWith(setting, Pki::Get().good, &sni), "closed");
  EXPECT_EQ(sni, "localhost");

  setting.server_name = "elsewhere.example.org";
  EXPECT_EQ(HandshakeWith(setting, Pki::Get().good, &sni), "verify_failed");
  EXPECT_EQ(sni, "elsewhere.example.org");
}

TEST(RoutesTest, VerificationIsWhatTheConfigurationSays) {
  Setting setting = Implicit();
  EXPECT_EQ(HandshakeWith(setting, Pki::Get().unknown), "verify_failed");
  setting.verify = Verify::kNone;
  EXPECT_EQ(HandshakeWith(setting, Pki::Get().unknown), "closed");
  setting.server_name = "elsewhere.example.org";
  setting.verify = Verify::kChain;
  EXPECT_EQ(HandshakeWith(setting, Pki::Get().good), "closed");
  EXPECT_EQ(HandshakeWith(setting, Pki::Get().unknown), "verify_failed");
}

TEST(RoutesTest, PinsAreCheckedBesides) {
  Setting setting = Implicit();
  setting.pins = {SpkiPin{}};
  EXPECT_EQ(HandshakeWith(setting, Pki::Get().good), "verify_failed");
  setting.verify = Verify::kNone;
  EXPECT_EQ(HandshakeWith(setting, Pki::Get().good), "verify_failed");
}

// A browser's request must not be served by a mail server's port (CVE-2021-3618).
TEST(RoutesTest, AClientThatMeansAnotherProtocolIsNotServed) {
  for (const auto& [protocol, alpn, welcome] : {std::tuple{"smtp", "h2", false}, std::tuple{"smtp", "smtp", true},
                                                std::tuple{"smtp", "", true}, std::tuple{"tcp", "h2", true}}) {
    Rig rig({.protocol = protocol, .client = TlsMode::kImplicit});
    Peer client = rig.Dial();
    EXPECT_EQ(client.StartTls({.alpn = alpn}), welcome) << protocol << " " << alpn;
    if (welcome) {
      EXPECT_EQ(client.alpn(), protocol == std::string("smtp") ? alpn : "");
    }
    if (!welcome) {
      client.Close();
      EXPECT_EQ(rig.Verdict(), "handshake_failed/client");
      continue;
    }
    // The upstream must be connected first: a client that leaves earlier gets none.
    Peer server = rig.Accept();
    EXPECT_TRUE(server.open());
    client.Close();
    server.Close();
    rig.Record();
  }
}

}  // namespace
}  // namespace starlock::proxy
