#include "config/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support.h"

namespace starlock::config {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Config Read(const std::string& yaml, const std::string& path = "f.yaml") {
  Loaded loaded = LoadText(yaml, path, TestDialects());
  for (const Diagnostic& error : loaded.errors) ADD_FAILURE() << error.ToString() << "\n" << yaml;
  return loaded.config.value_or(Config{});
}

std::vector<std::string> Warnings(const std::string& yaml) {
  const Loaded loaded = LoadText(yaml, "f.yaml", TestDialects());
  EXPECT_TRUE(loaded.ok()) << yaml;
  std::vector<std::string> lines;
  for (const Diagnostic& warning : loaded.warnings) lines.push_back(warning.ToString());
  return lines;
}

const char* const kEverything = R"(
workers: 3
log: { level: warning, format: json }
limits:
  max_connections: 7
  max_connections_per_client: 2
  connect_timeout: 250ms
  negotiation_timeout: 61s
  idle_timeout: 5m
  drain_timeout: 2h
tls:
  min_version: "1.3"
  max_version: 1.3
  groups: [P-384, X25519MLKEM768]
  ticket_keys: /etc/starlock/ticket.keys
certificates:
  mail: { chain: mail.pem, key: sub/mail.key }
  other: { chain: /abs/other.pem, key: /abs/other.pem }
listeners:
  - name: front
    listen: [0.0.0.0:587, "[::]:587", "localhost:0"]
    protocol: smtp
    client:
      tls: required
      certificates: [other, mail]
      min_version: "1.2"
    server:
      address: [127.0.0.1:2525, "[2001:db8::1]:25"]
      tls: off
  - name: sidecar
    listen: 127.0.0.1:1143
    protocol: lmtp
    client: { tls: off }
    server:
      address: imap.example.org:143
      tls: implicit
      verify: chain
      server_name: 192.0.2.7
      ca: ca.pem
      pins: [ "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" ]
      groups: [P-521]
)";

TEST(Reader, ReadsTheTop) {
  const Config config = Read(kEverything, "/etc/starlock/starlock.yaml");
  EXPECT_EQ(config.workers, 3U);
  EXPECT_EQ(config.log.level, LogLevel::kWarning);
  EXPECT_EQ(config.log.format, LogFormat::kJson);
  EXPECT_EQ(config.limits.max_connections, 7U);
  EXPECT_EQ(config.limits.max_connections_per_client, 2U);
  EXPECT_EQ(config.limits.connect_timeout, milliseconds(250));
  EXPECT_EQ(config.limits.negotiation_timeout, milliseconds(61'000));
  EXPECT_EQ(config.limits.idle_timeout, milliseconds(300'000));
  EXPECT_EQ(config.limits.drain_timeout, milliseconds(7'200'000));
  EXPECT_EQ(config.ticket_keys->path, "/etc/starlock/ticket.keys");
  EXPECT_EQ(config.ticket_keys->at.ToString(), "/etc/starlock/starlock.yaml:15:16");
}

TEST(Reader, ReadsCertificatesAndTakesPathsFromTheFilesFolder) {
  const Config config = Read(kEverything, "/etc/starlock/starlock.yaml");
  const Certificate* mail = config.FindCertificate("mail");
  ASSERT_NE(mail, nullptr);
  EXPECT_EQ(mail->chain.path, "/etc/starlock/mail.pem");
  EXPECT_EQ(mail->key.path, "/etc/starlock/sub/mail.key");
  EXPECT_EQ(mail->at.line, 17);
  EXPECT_EQ(mail->at.column, 3);
  EXPECT_EQ(mail->key.at.column, 33);
  EXPECT_EQ(config.FindCertificate("other")->chain.path, "/abs/other.pem");
  EXPECT_EQ(config.FindCertificate("absent"), nullptr);
  EXPECT_EQ(Read(kEverything, "f.yaml").FindCertificate("mail")->chain.path, "mail.pem");
}

TEST(Reader, ReadsTheClientLeg) {
  const Config config = Read(kEverything);
  const Listener& front = config.listeners.at(0);
  EXPECT_EQ(front.name, "front");
  EXPECT_EQ(front.protocol, "smtp");
  EXPECT_THAT(front.listen, ElementsAre(HostPort{"0.0.0.0", 587}, HostPort{"::", 587}, HostPort{"localhost", 0}));
  EXPECT_EQ(front.at.line, 20);
  EXPECT_EQ(front.client.mode, TlsMode::kRequired);
  EXPECT_THAT(front.client.certificates, ElementsAre("other", "mail"));
  EXPECT_EQ(front.client.tls.min_version, TlsVersion::k12);  // its own
  EXPECT_EQ(front.client.tls.max_version, TlsVersion::k13);
  EXPECT_THAT(front.client.tls.groups,
              ElementsAre(KeyExchangeGroup::kP384, KeyExchangeGroup::kX25519Mlkem768));  // of `tls`
}

TEST(Reader, ReadsTheServerLeg) {
  const Config config = Read(kEverything, "/d/f.yaml");
  EXPECT_THAT(config.listeners.at(0).server.address,
              ElementsAre(HostPort{"127.0.0.1", 2525}, HostPort{"2001:db8::1", 25}));
  const ServerLeg& server = config.listeners.at(1).server;
  EXPECT_EQ(server.mode, TlsMode::kImplicit);
  EXPECT_EQ(server.verify, Verify::kChain);
  EXPECT_EQ(server.server_name, "192.0.2.7");
  EXPECT_EQ(server.ca->path, "/d/ca.pem");
  ASSERT_EQ(server.pins.size(), 1U);
  EXPECT_EQ(server.pins[0].ToString(), "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
  EXPECT_EQ(server.tls.min_version, TlsVersion::k13);
  EXPECT_THAT(server.tls.groups, ElementsAre(KeyExchangeGroup::kP521));
}

TEST(Reader, LeavesTheDefaultsWhereNothingIsSaid) {
  const Config config = Read(WithTop(""));
  EXPECT_EQ(config.workers, 0U);
  EXPECT_EQ(config.log.level, LogLevel::kInfo);
  EXPECT_EQ(config.log.format, LogFormat::kText);
  EXPECT_EQ(config.limits.max_connections, 20000U);
  EXPECT_EQ(config.limits.max_connections_per_client, 0U);
  EXPECT_EQ(config.limits.connect_timeout, milliseconds(10'000));
  EXPECT_EQ(config.limits.negotiation_timeout, milliseconds(60'000));
  EXPECT_EQ(config.limits.idle_timeout, milliseconds(1'800'000));
  EXPECT_EQ(config.limits.drain_timeout, milliseconds(30'000));
  EXPECT_FALSE(config.ticket_keys);
  const Listener& listener = config.listeners.at(0);
  for (const TlsSettings& tls : {listener.client.tls, listener.server.tls}) {
    EXPECT_EQ(tls.min_version, TlsVersion::k12);
    EXPECT_EQ(tls.max_version, TlsVersion::k13);
    EXPECT_THAT(tls.groups,
                ElementsAre(KeyExchangeGroup::kX25519Mlkem768, KeyExchangeGroup::kX25519, KeyExchangeGroup::kP256));
  }
}

TEST(Reader, TakesTlsWhereverItStands) {
  const Config config = Read(WithTop("") + "tls: {max_version: 1.2}\nworkers: auto\n");
  EXPECT_EQ(config.listeners.at(0).client.tls.max_version, TlsVersion::k12);
}

TEST(Reader, TakesJson) {
  const Config config = Read(
      R"({"listeners": [{"name": "a", "listen": "127.0.0.1:0", "protocol": "tcp",
          "client": {"tls": "off"}, "server": {"address": ["h:1"], "tls": "implicit"}}]})");
  EXPECT_EQ(config.listeners.at(0).server.address.at(0).host, "h");
}

TEST(Reader, TakesAnchorsAndAliases) {
  const Config config = Read("listeners:\n" + Item({.client = "client: &leg {tls: off}"}) +
                             Item({.name = "name: b", .listen = "listen: 127.0.0.1:2", .client = "client: *leg"}));
  EXPECT_EQ(config.listeners.at(1).client.mode, TlsMode::kOff);
}

TEST(Reader, TakesEveryModeForProtocolsThatUpgradeAndTwoForTheRest) {
  for (const char* mode : {"off", "opportunistic", "required", "implicit"}) {
    for (const char* protocol : {"smtp", "lmtp", "tcp"}) {
      const std::string text = mode;
      const bool good = std::string(protocol) != "tcp" || text == "off" || text == "implicit";
      const std::string yaml = With({.protocol = std::string("protocol: ") + protocol,
                                     .client = "client: {tls: " + text + ", certificates: [mail]}",
                                     .server = "server: {address: 'h:1', tls: " + text + "}"});
      EXPECT_EQ(LoadText(yaml, "f.yaml", TestDialects()).ok(), good) << yaml;
    }
  }
}

TEST(Reader, TakesDurationsInAllUnits) {
  const std::vector<std::pair<const char*, milliseconds>> durations = {
      {"0", milliseconds(0)},       {"0s", milliseconds(0)},          {"1ms", milliseconds(1)},
      {"007s", milliseconds(7000)}, {"90m", milliseconds(5'400'000)}, {"87600h", milliseconds(315'360'000'000)}};
  for (const auto& [text, value] : durations) {
    EXPECT_EQ(Read(WithTop(std::string("limits: {idle_timeout: ") + text + "}")).limits.idle_timeout, value) << text;
  }
}

TEST(ServerLeg, VerifiesUnlessOpportunisticOrToldNotTo) {
  const auto in_force = [](const std::string& keys) {
    return Read(WithServer("address: 'h:1', " + keys)).listeners.at(0).server.VerifyInForce();
  };
  const std::string pins = ", pins: ['sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=']";
  EXPECT_EQ(in_force("tls: required"), Verify::kFull);
  EXPECT_EQ(in_force("tls: implicit"), Verify::kFull);
  EXPECT_EQ(in_force("tls: required, verify: none"), Verify::kNone);
  EXPECT_EQ(in_force("tls: required, verify: none" + pins), Verify::kNone);
  EXPECT_EQ(in_force("tls: required" + pins), Verify::kFull);
  EXPECT_EQ(in_force("tls: opportunistic"), Verify::kNone);
  EXPECT_EQ(in_force("tls: opportunistic, verify: chain"), Verify::kChain);
  EXPECT_EQ(in_force("tls: opportunistic" + pins), Verify::kFull);
  EXPECT_EQ(in_force("tls: opportunistic, verify: none" + pins), Verify::kNone);
}

TEST(ServerLeg, IsNamedAfterTheAddressUnlessItHasAName) {
  const ServerLeg plain = Read(WithServer("address: ['a:1', 'b:2'], tls: required")).listeners.at(0).server;
  EXPECT_EQ(plain.ServerName(plain.address.at(1)), "b");
  const ServerLeg named = Read(WithServer("address: 'a:1', tls: required, server_name: n")).listeners.at(0).server;
  EXPECT_EQ(named.ServerName(named.address.at(0)), "n");
}

TEST(Warnings, TellProtectionThatIsNone) {
  EXPECT_THAT(Warnings(WithServer("address: 'h:1', tls: off, verify: full, server_name: n, ca: c")),
              ElementsAre(HasSubstr("'verify' has no effect"), HasSubstr("'server_name' has no effect"),
                          HasSubstr("'ca' has no effect with tls: off")));
  EXPECT_THAT(Warnings(WithServer("address: 'h:1', tls: opportunistic, ca: c")),
              ElementsAre("f.yaml:7:54: 'ca' has no effect: an opportunistic server leg verifies only if "
                          "'verify' or 'pins' is set"));
  EXPECT_THAT(Warnings(WithServer("address: 'h:1', tls: required, verify: none, ca: c")),
              ElementsAre(HasSubstr("'ca' has no effect with verify: none")));
  EXPECT_THAT(Warnings(WithClient("tls: off, certificates: [mail]")),
              ElementsAre(HasSubstr("'certificates' has no effect")));
}

TEST(Log, HasATargetAndAChoiceOfSessions) {
  const Loaded loaded =
      LoadText(WithTop("log: {target: 'file:log/starlock.log', sessions: failed}"), "/etc/s/f.yaml", TestDialects());
  ASSERT_TRUE(loaded.ok());
  const LogSettings& log = loaded.config->log;
  ASSERT_TRUE(log.file);
  EXPECT_EQ(log.file->path, "/etc/s/log/starlock.log");
  EXPECT_EQ(log.file->at, (Location{"/etc/s/f.yaml", 1, 15}));
  EXPECT_EQ(log.sessions, LogSessions::kFailed);
  EXPECT_FALSE(LoadText(WithTop("log: {target: stderr}"), "f.yaml", TestDialects()).config->log.file);
}

TEST(Warnings, AreNotRaisedForWhatIsUsed) {
  EXPECT_THAT(Warnings(kEverything), testing::ElementsAre(testing::HasSubstr("open relay")));
  EXPECT_THAT(Warnings(WithServer("address: 'h:1', tls: opportunistic, verify: full, ca: c")), IsEmpty());
}

class LoadFileTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("starlock-config-" + std::to_string(getpid()));
    std::filesystem::create_directory(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& text) {
    const std::string path = folder_ / "starlock.yaml";
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  static std::string OnlyError(const Loaded& loaded) {
    EXPECT_FALSE(loaded.ok());
    EXPECT_EQ(loaded.errors.size(), 1U);
    return loaded.errors.empty() ? "" : loaded.errors[0].ToString();
  }

  std::filesystem::path folder_;
};

TEST_F(LoadFileTest, ReadsAFile) {
  const Loaded loaded = LoadFile(Write(kEverything), TestDialects());
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded.config->certificates.at(0).chain.path, (folder_ / "mail.pem").string());
}

TEST_F(LoadFileTest, SaysWhatCannotBeRead) {
  EXPECT_EQ(OnlyError(LoadFile("/nonexistent/f.yaml", TestDialects())),
            "/nonexistent/f.yaml: cannot be read: No such file or directory");
  EXPECT_THAT(OnlyError(LoadFile(folder_, TestDialects())), HasSubstr("cannot be read: Is a directory"));
}

TEST_F(LoadFileTest, StopsReadingWhatIsTooLarge) {
  EXPECT_THAT(OnlyError(LoadFile(Write(std::string(3 << 20, '#')), TestDialects())), HasSubstr("larger than 1 MiB"));
  EXPECT_THAT(OnlyError(LoadFile("/dev/zero", TestDialects())), HasSubstr("larger than 1 MiB"));
}

}  // namespace
}  // namespace starlock::config
