// The `ftp` section: where data connections are accepted.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support.h"

namespace starlock::config {
namespace {

Loaded Load(const std::string& ftp, const std::string& protocol = "ftp") {
  std::vector<DialectRules> dialects = TestDialects();
  dialects.push_back({"ftp", true, true});
  const std::string yaml =
      "listeners:\n"
      "  - name: files\n"
      "    listen: 127.0.0.1:2121\n"
      "    protocol: " +
      protocol + "\n" + ftp +
      "    client: {tls: off}\n"
      "    server: {address: 'h:21', tls: off}\n";
  return LoadText(yaml, "f.yaml", dialects);
}

TEST(Ftp, Defaults) {
  const Loaded loaded = Load("");
  ASSERT_TRUE(loaded.ok());
  const DataSettings& data = loaded.config->listeners.at(0).data;
  EXPECT_EQ(data.first_port, 0);
  EXPECT_EQ(data.last_port, 0);
  EXPECT_EQ(data.external_address, "");
  EXPECT_EQ(data.session, DataSession::kRequired);
}

TEST(Ftp, PortsAndAddress) {
  const Loaded loaded = Load("    ftp: {data_ports: 50000-50999, external_address: 192.0.2.7}\n");
  ASSERT_TRUE(loaded.ok());
  const DataSettings& data = loaded.config->listeners.at(0).data;
  EXPECT_EQ(data.first_port, 50000);
  EXPECT_EQ(data.last_port, 50999);
  EXPECT_EQ(data.external_address, "192.0.2.7");
  const Loaded one = Load("    ftp: {data_ports: 50000}\n");
  ASSERT_TRUE(one.ok());
  EXPECT_EQ(one.config->listeners.at(0).data.last_port, 50000);
}

TEST(Ftp, SessionsOfDataConnections) {
  const Loaded any = Load("    ftp: {data_session: any}\n");
  ASSERT_TRUE(any.ok());
  EXPECT_EQ(any.config->listeners.at(0).data.session, DataSession::kAny);
  EXPECT_TRUE(Load("    ftp: {data_session: required}\n").ok());
}

TEST(Ftp, Mistakes) {
  struct Case {
    std::string ftp;
    std::string says;
  };
  for (const Case& c : {Case{"{data_ports: 50000-}", "f.yaml:5:23: '50000-' is not a range of ports"},
                        Case{"{data_ports: 0-5}", "f.yaml:5:23: '0-5' is not a range of ports"},
                        Case{"{data_ports: 1-65536}", "'1-65536' is not a range of ports"},
                        Case{"{data_ports: all}", "'all' is not a range of ports; write it like 50000-50999"},
                        Case{"{data_ports: 9-8}", "'9-8' ends before it begins"},
                        Case{"{external_address: example.org}", "'example.org' is not an IPv4 address"},
                        Case{"{external_address: '::1'}", "'::1' is not an IPv4 address"},
                        Case{"{data_session: none}", "f.yaml:5:25: 'none' is not a rule for the TLS sessions of data"},
                        Case{"{ports: 1}", "unknown key 'ports' in 'ftp' of listener 'files'"},
                        Case{"5", "must be a map of keys and values"}}) {
    const Loaded loaded = Load("    ftp: " + c.ftp + "\n");
    ASSERT_EQ(loaded.errors.size(), 1U) << c.ftp;
    EXPECT_THAT(loaded.errors[0].ToString(), testing::HasSubstr(c.says));
  }
  const Loaded loaded = Load("    ftp: {data_ports: 1}\n", "smtp");
  ASSERT_EQ(loaded.errors.size(), 1U);
  EXPECT_EQ(loaded.errors[0].ToString(), "f.yaml:5:10: 'ftp' is allowed only with protocol: ftp");
}

}  // namespace
}  // namespace starlock::config
