// The configurations in conf/.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "support.h"

namespace starlock::config {
namespace {

const std::filesystem::path kFolder = STARLOCK_CONF_DIR;

/// The protocols that these files name.
std::vector<DialectRules> AllDialects() {
  std::vector<DialectRules> all = TestDialects();
  for (const char* name : {"imap", "pop3", "nntp", "ftp", "irc", "ldap", "xmpp", "xmpp-server", "acap", "managesieve",
                           "postgres", "mysql"})
    all.push_back({name, true, std::string_view(name) == "ftp"});
  return all;
}

Loaded Load(const std::string& name) {
  Loaded loaded = LoadFile(kFolder / name, AllDialects());
  for (const Diagnostic& error : loaded.errors) ADD_FAILURE() << error.ToString();
  // These two show a server on loopback, and their comments say what to set there.
  const bool relays = name == "front-smtp.yaml" || name == "starlock.yaml";
  size_t relay_warnings = 0;
  for (const Diagnostic& warning : loaded.warnings) {
    const bool of_relay = warning.message.find("open relay") != std::string::npos;
    relay_warnings += of_relay ? 1 : 0;
    if (!of_relay || !relays) ADD_FAILURE() << warning.ToString();
  }
  EXPECT_EQ(relay_warnings > 0, relays) << name;
  return loaded;
}

TEST(Conf, AllFilesAreGood) {
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() != ".yaml") continue;
    EXPECT_TRUE(Load(entry.path().filename()).ok()) << entry.path();
    ++files;
  }
  EXPECT_GE(files, 5U);
}

TEST(Conf, TheReferenceShowsTheDefaults) {
  const Loaded loaded = Load("starlock.yaml");
  ASSERT_TRUE(loaded.ok());
  const Config& shown = *loaded.config;
  const Config defaults;
  EXPECT_EQ(shown.workers, defaults.workers);
  EXPECT_EQ(shown.log.level, defaults.log.level);
  EXPECT_EQ(shown.log.format, defaults.log.format);
  EXPECT_EQ(shown.log.sessions, defaults.log.sessions);
  EXPECT_EQ(shown.log.file.has_value(), defaults.log.file.has_value());
  EXPECT_EQ(shown.limits.max_connections, defaults.limits.max_connections);
  EXPECT_EQ(shown.limits.max_connections_per_client, defaults.limits.max_connections_per_client);
  EXPECT_EQ(shown.limits.connect_timeout, defaults.limits.connect_timeout);
  EXPECT_EQ(shown.limits.negotiation_timeout, defaults.limits.negotiation_timeout);
  EXPECT_EQ(shown.limits.idle_timeout, defaults.limits.idle_timeout);
  EXPECT_EQ(shown.limits.drain_timeout, defaults.limits.drain_timeout);
  const TlsSettings tls;
  EXPECT_EQ(shown.listeners.at(0).client.tls.min_version, tls.min_version);
  EXPECT_EQ(shown.listeners.at(0).client.tls.max_version, tls.max_version);
  EXPECT_EQ(shown.listeners.at(0).client.tls.groups, tls.groups);
  EXPECT_EQ(shown.listeners.at(1).server.verify, Verify::kFull);
}

TEST(Conf, TheReferenceNamesEveryKey) {
  std::ifstream file(kFolder / "starlock.yaml");
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  for (const char* key : {"workers",
                          "log",
                          "level",
                          "format",
                          "target",
                          "sessions",
                          "limits",
                          "max_connections",
                          "max_connections_per_client",
                          "connect_timeout",
                          "negotiation_timeout",
                          "idle_timeout",
                          "drain_timeout",
                          "tls",
                          "min_version",
                          "max_version",
                          "groups",
                          "ticket_keys",
                          "certificates",
                          "chain",
                          "key",
                          "listeners",
                          "name",
                          "listen",
                          "protocol",
                          "client",
                          "server",
                          "address",
                          "verify",
                          "server_name",
                          "ca",
                          "pins"}) {
    EXPECT_THAT(text, testing::HasSubstr(std::string(key) + ":"));
  }
}

}  // namespace
}  // namespace starlock::config
