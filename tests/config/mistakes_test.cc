// What is wrong with a file, where it is said to be, and what is said.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "support.h"

namespace starlock::config {
namespace {

using testing::HasSubstr;

// A `@` stands before the place that the one error has to point at, and is taken out.
struct Mistake {
  std::string yaml;
  const char* says;
};

std::string Required(const std::string& keys) { return WithServer("address: 'h:1', tls: required, " + keys); }

std::string Describe(const Loaded& loaded) {
  std::string text;
  for (const Diagnostic& error : loaded.errors) text += error.ToString() + "\n";
  return text;
}

void ExpectEach(const std::vector<Mistake>& mistakes) {
  for (const Mistake& mistake : mistakes) {
    SCOPED_TRACE(mistake.yaml);
    std::string yaml = mistake.yaml;
    const size_t mark = yaml.find('@');
    ASSERT_NE(mark, std::string::npos);
    yaml.erase(mark, 1);
    const std::string before = yaml.substr(0, mark);
    const auto line = static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1;
    const auto column = static_cast<int>(before.size() - (before.rfind('\n') + 1)) + 1;

    const Loaded loaded = LoadText(yaml, "f.yaml", TestDialects());
    EXPECT_FALSE(loaded.ok());
    EXPECT_EQ(loaded.errors.size(), 1U) << Describe(loaded);
    if (loaded.errors.empty()) continue;
    EXPECT_EQ(loaded.errors[0].at, (Location{"f.yaml", line, column})) << Describe(loaded);
    EXPECT_THAT(loaded.errors[0].ToString(), HasSubstr(mistake.says));
  }
}

TEST(Mistakes, NotYaml) {
  ExpectEach({
      {"@", "empty; a configuration has at least 'listeners'"},
      {"@# nothing but a comment\n", "empty"},
      {"@just words", "must be a map of keys and values, not a single value"},
      {"@- a\n- b\n", "must be a map of keys and values, not a list"},
      {"- a\n@b: c\n", "a configuration is one map"},
      {"log:\n@\tlevel: info\n", "a tab indents; YAML wants spaces"},
      {"log:\n  level: info\n  @\tformat: text\n", "a tab indents"},
      {"log: @{level: info\n", "this '{' lacks its '}'"},
      {"listeners: @[\n\n", "this '[' lacks its ']'"},
      {"log: {level: \"info@", "a quote lacks its closing one"},
      {"log: b@: c\n", "a ':' where none can be"},
      {"log:\n  level: info\n @format: text\n", "does not line up"},
      {"log: @]\n", "a ']' or '}' that nothing has opened"},
      {"log: @`info`\n", "quote the value"},
      {"log: @*nowhere\n", "not YAML: the referenced anchor is not defined"},
      {"log: &a {level: @*a}\n", "an alias inside what it stands for"},
      {"workers: 1\n@---\nworkers: 2\n", "a second document begins here"},
      {std::string("workers: 1\nlog: @\0\n", 19), "a NUL byte"},
      {"@" + std::string((1 << 20) + 1, '#'), "larger than 1 MiB"},
      {"a: " + std::string(31, '[') + "@[" + std::string(32, ']'), "nested too deeply"},
  });
}

TEST(Mistakes, BombsGoOffHarmlessly) {
  std::string aliases = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n";
  for (char c = 'b'; c < 'z'; ++c) {
    aliases += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 10; ++i) aliases += std::string(i == 0 ? "*" : ", *") + static_cast<char>(c - 1);
    aliases += "]\n";
  }
  for (const std::string& yaml :
       {aliases, std::string(1 << 20, '['), std::string(1 << 19, '?'), "a: [" + std::string(300'000, ',') + "]"}) {
    const Loaded loaded = LoadText(yaml, "f.yaml", TestDialects());
    EXPECT_FALSE(loaded.ok());
    EXPECT_LE(loaded.errors.size(), 101U);
  }
  EXPECT_THAT(Describe(LoadText(aliases, "f.yaml", TestDialects())), HasSubstr("too many aliases"));
}

TEST(Mistakes, AtTheTop) {
  ExpectEach({
      {"@workers: 1\n", "the configuration lacks 'listeners'"},
      {"@listeners:\n", "'listeners' has no value"},
      {"listeners: @[]\n", "'listeners' is an empty list"},
      {"listeners: @{name: front}\n", "'listeners' takes a list"},
      {"listeners: @front\n", "'listeners' takes a list"},
      {WithTop("@listener: 1"), "unknown key 'listener' in the configuration; did you mean 'listeners'?"},
      {WithTop("@wokrers: 1"), "did you mean 'workers'?"},
      {WithTop("@colour: red"), "it is one of workers, log, limits, tls, certificates or listeners"},
      {WithTop("@idle_timeout: 3s"), "it belongs in 'limits'"},
      {WithTop("@<<: {workers: 1}"), "unknown key '<<'"},
      {WithTop("@[a, b]: c"), "a key of the configuration must be a word, not a list"},
      {WithTop("@admin: {listen: 127.0.0.1:9901}"), "'admin' is not supported yet"},
      {WithTop("workers: 1\n@workers: 2"), "'workers' stands twice in the configuration; the first is in line 1"},
      {WithTop("workers: @0"), "write a whole number from 1 to 1024, or 'auto'"},
      {WithTop("workers: @-1"), "'-1' is not a number"},
      {WithTop("workers: @many"), "'many' is not a number"},
      {WithTop("workers: @99999999999999999999999"), "out of range"},
      {WithTop("workers: @[1]"), "'workers' takes a single value, not a list"},
      {WithTop("@workers:"), "'workers' has no value"},
      {WithTop("@workers: ~"), "'workers' has no value"},
  });
}

TEST(Mistakes, InLogAndLimits) {
  ExpectEach({
      {WithTop("log: @info"), "'log' must be a map of keys and values, not a single value"},
      {WithTop("@log:"), "'log' has no value"},
      {WithTop("log: {level: @inof}"), "'inof' is not a log level; did you mean 'info'?"},
      {WithTop("log: {level: @loud}"), "it is one of debug, info, warning or error"},
      {WithTop("log: {format: @jsn}"), "'jsn' is not a log format; did you mean 'json'?"},
      {WithTop("log: {format: @{a: b}}"), "'format' takes a single value, not a map"},
      {WithTop("log: {level: info, @level: debug}"), "'level' stands twice in 'log'"},
      {WithTop("limits: {@drain_timout: 5s}"), "did you mean 'drain_timeout'?"},
      {WithTop("limits:\n  max_connections: @20,000"), "'20,000' is not a number"},
      {WithTop("limits: {max_connections: @1e3}"), "'1e3' is not a number"},
      {WithTop("limits: {max_connections: @0x10}"), "'0x10' is not a number"},
      {WithTop("limits: {max_connections: @4294967296}"), "out of range"},
      {WithTop("limits: {max_connections_per_client: @-1}"), "a whole number from 0"},
      {WithTop("limits: {idle_timeout: @30}"), "'30' lacks its unit; a duration is an integer with ms, s, m or h"},
      {WithTop("limits: {idle_timeout: @1.5s}"), "'1.5s' is not a duration"},
      {WithTop("limits: {idle_timeout: @30 s}"), "'30 s' is not a duration"},
      {WithTop("limits: {idle_timeout: @30S}"), "is not a duration"},
      {WithTop("limits: {idle_timeout: @30d}"), "is not a duration"},
      {WithTop("limits: {idle_timeout: @-5s}"), "is not a duration"},
      {WithTop("limits: {idle_timeout: @s}"), "is not a duration"},
      {WithTop("limits: {idle_timeout: @''}"), "is not a duration"},
      {WithTop("limits: {idle_timeout: @87601h}"), "at most 87600h"},
      {WithTop("limits: {idle_timeout: @18446744073709551615h}"), "at most 87600h"},
      {WithTop("limits: {idle_timeout: @18446744073709551616ms}"), "at most 87600h"},
  });
}

TEST(Mistakes, InTlsAndCertificates) {
  ExpectEach({
      {WithTop("tls: {min_version: @1.1}"), "TLS 1.1 is not spoken; write 1.2 or 1.3"},
      {WithTop("tls: {min_version: @TLSv1.2}"), "'TLSv1.2' is not a TLS version; write 1.2 or 1.3"},
      {WithTop("tls: {min_version: 1.3, max_version: @1.2}"), "min_version 1.3 is above max_version 1.2"},
      {WithTop("tls: {max_version: @1.2, min_version: 1.3}"), "min_version 1.3 is above max_version 1.2"},
      {WithTop("tls: {groups: @X25519}"), "'groups' takes a list, not a single value; write [X25519]"},
      {WithTop("tls: {groups: @[]}"), "'groups' is an empty list"},
      {WithTop("tls: {groups: [X25519, @x25518]}"), "did you mean 'X25519'?"},
      {WithTop("tls: {groups: [@secp256r1]}"), "'secp256r1' is called 'P-256' here"},
      {WithTop("tls: {groups: [@ffdhe2048]}"), "it is one of X25519MLKEM768, X25519, P-256, P-384 or P-521"},
      {WithTop("tls: {groups: [P-256, @P-256]}"), "'P-256' stands twice in 'groups'"},
      {WithTop("tls: {groups: [@{}]}"), "each item of 'groups' is a single value, not a map"},
      {WithTop("tls: {ticket_keys: @''}"), "'ticket_keys' takes the path of a file"},
      {WithTop("tls: {ticket_keys: @[a]}"), "'ticket_keys' takes a single value"},
      {WithTop("tls: {@ca: x}"), "it belongs in 'server'"},
      {WithTop("certificates: @[a]"), "'certificates' must be a map of names"},
      {WithTop("certificates: {@mail: }"), "certificate 'mail' has no value"},
      {WithTop("certificates: {mail: @mail.pem}"), "certificate 'mail' must be a map"},
      {WithTop("certificates: {mail: @{chain: c}}"), "certificate 'mail' lacks 'key'"},
      {WithTop("certificates: {mail: @{key: k}}"), "certificate 'mail' lacks 'chain'"},
      {WithTop("certificates: {mail: {chain: c, key: k, @kye: k}}"), "did you mean 'key'?"},
      {WithTop("certificates: {a: {chain: c, key: k},\n @a: {chain: c, key: k}}"), "the name 'a' stands twice"},
      {WithTop("certificates: {@'': {chain: c, key: k}}"), "a name cannot be empty"},
      {WithTop("certificates: {@\"a\\nb\": {chain: c, key: k}}"), "control characters"},
      {WithTop("certificates: {@[a]: {chain: c, key: k}}"), "a certificate's name must be a word"},
  });
}

TEST(Mistakes, InAListener) {
  ExpectEach({
      {"listeners:\n  - @front\n", "listener 1 must be a map"},
      {"listeners:\n  - @listen: 127.0.0.1:1\n    protocol: smtp\n    client: {tls: off}\n"
       "    server: {address: 'h:1', tls: off}\n",
       "listener 1 lacks 'name'; write it like name: front"},
      {With({.name = "@name:"}), "'name' has no value"},
      {With({.name = "name: @''"}), "a name cannot be empty"},
      {With({.name = "name: @" + std::string(65, 'x')}), "too long for a name"},
      {With({.name = "@name: front", .listen = ""}), "listener 'front' lacks 'listen'"},
      {With({.name = "@name: front", .protocol = ""}), "listener 'front' lacks 'protocol'"},
      {With({.name = "@name: front", .client = ""}), "listener 'front' lacks 'client'"},
      {With({.name = "@name: front", .server = ""}), "listener 'front' lacks 'server'"},
      {With({}) + "  - name: @front\n    listen: 127.0.0.1:2\n    protocol: smtp\n    client: {tls: off}\n"
                  "    server: {address: 'h:1', tls: off}\n",
       "another listener is named 'front' already, in line 3"},
      {With({}) + Item({.name = "name: other", .listen = "listen: @127.0.0.1:2525"}),
       "listener 'front' listens on 127.0.0.1:2525 already"},
      {With({.listen = "listen: [127.0.0.1:1, @127.0.0.1:1]"}), "127.0.0.1:1 stands twice in 'listen'"},
      {With({.listen = "listen: @[]"}), "'listen' is an empty list"},
      {With({.listen = "listen: @{host: h}"}), "'listen' takes a list, not a map"},
      {With({.listen = "listen: @587"}), "'587' has no host; write 127.0.0.1:587"},
      {With({.listen = "listen: @127.0.0.1"}), "has no port; write host:port"},
      {With({.listen = "listen: @127.0.0.1:65536"}), "a port is a number from 0 to 65535"},
      {With({.listen = "listen: @127.0.0.1:smtp"}), "'smtp' is not a port"},
      {With({.listen = "listen: @127.0.0.256:25"}), "'127.0.0.256' is not an address"},
      {With({.listen = "listen: @'::1:25'"}), "an IPv6 address stands in brackets"},
      {With({.listen = "listen: @'[::1'"}), "lacks the closing ']'"},
      {With({.listen = "listen: @'*:25'"}), "write 0.0.0.0:25 for IPv4, [::]:25 for IPv6"},
      {With({.listen = "listen: @:25"}), "write 0.0.0.0:25"},
      {With({.listen = "listen: @systemd:smtp"}), "not supported yet"},
      {With({.protocol = "protocol: @smpt"}), "did you mean 'smtp'? (known: smtp, lmtp or tcp)"},
      {With({.protocol = "protocol: @imap"}), "'imap' is not a protocol that is known here (known: smtp, lmtp or tcp)"},
      {With({.protocol = "protocol: smtp\n    ftp: @{data_ports: 1}"}), "'ftp' stands only beside protocol: ftp"},
      {With({.protocol = "protocol: smtp\n    @transparent: true"}), "'transparent' is not supported yet"},
      {With({.protocol = "protocol: smtp\n    @proxy_protocol: v2"}), "'proxy_protocol' is not supported yet"},
      {With({.protocol = "protocol: smtp\n    @tls: off"}), "unknown key 'tls' in listener 'front'"},
      {With({.protocol = "protocol: smtp\n    @sever: off"}), "did you mean 'server'?"},
      {With({.protocol = "protocol: smtp\n    @address: h:1"}), "it belongs in 'server'"},
  });
}

TEST(Mistakes, InALeg) {
  ExpectEach({
      {With({.client = "client: @off"}), "'client' of listener 'front' must be a map"},
      {With({.client = "client: @{certificates: [mail]}"}), "'client' of listener 'front' lacks 'tls'"},
      {WithClient("tls: @requird, certificates: [mail]"), "'requird' is not a TLS mode; did you mean 'required'?"},
      {WithClient("tls: @yes, certificates: [mail]"), "it is one of off, opportunistic, required or implicit"},
      {WithClient("tls: @'', certificates: [mail]"), "'' is not a TLS mode"},
      {WithClient("tls: @required"), "a client leg that is 'required' needs 'certificates'"},
      {WithClient("tls: @opportunistic"), "a client leg that is 'opportunistic' needs 'certificates'"},
      {WithClient("tls: @implicit"), "a client leg that is 'implicit' needs 'certificates'"},
      {WithClient("tls: required, certificates: @[]"), "'certificates' is an empty list"},
      {WithClient("tls: required, certificates: @mail"),
       "'certificates' takes a list, not a single value; write [mail]"},
      {WithClient("tls: required, certificates: [@mial]"), "no certificate is named 'mial'; did you mean 'mail'?"},
      {WithClient("tls: off, certificates: [@other]"), "no certificate is named 'other'; it is one of mail"},
      {WithClient("tls: required, certificates: [mail, @mail]"), "'mail' stands twice in 'certificates'"},
      {"listeners:\n" + Item({.client = "client: {tls: required, certificates: [@mail]}"}),
       "there is no top-level 'certificates'"},
      {WithClient("tls: off, @verify: full"), "it belongs in 'server'"},
      {WithClient("tls: off, @tsl: off"), "did you mean 'tls'?"},
      {WithClient("tls: off, min_version: 1.3, max_version: @1.2"), "min_version 1.3 is above"},
      {"tls: {min_version: 1.3}\n" + WithClient("tls: off, max_version: @1.2"), "min_version 1.3 is above"},
      {"tls: {max_version: 1.2}\n" + Required("min_version: @1.3"), "min_version 1.3 is above"},
      {With({.protocol = "protocol: tcp", .client = "client: {tls: @required, certificates: [mail]}"}),
       "this one knows off and implicit only"},
      {With({.protocol = "protocol: tcp", .client = "client: {tls: @opportunistic, certificates: [mail]}"}),
       "this one knows off and implicit only"},
      {With({.protocol = "protocol: tcp", .server = "server: {address: 'h:1', tls: @required}"}),
       "this one knows off and implicit only"},
      {With({.protocol = "protocol: tcp", .server = "server: {address: 'h:1', tls: @opportunistic}"}),
       "this one knows off and implicit only"},
      {With({.server = "server: @{address: 'h:1'}"}), "'server' of listener 'front' lacks 'tls'"},
      {With({.server = "server: @{tls: off}"}), "'server' of listener 'front' lacks 'address'"},
      {WithServer("address: @[], tls: off"), "'address' is an empty list"},
      {WithServer("address: ['h:1', @'h'], tls: off"), "'h' has no port; write host:port"},
      {WithServer("address: @'h:0', tls: off"), "nothing can be reached at port 0"},
      {WithServer("address: @'a b:1', tls: off"), "is not a host name or an address"},
      {WithServer("address: @'a..b:1', tls: off"), "is not a host name"},
      {WithServer("address: @original, tls: off"), "'original' is not supported yet"},
      {WithServer("address: 'h:1', tls: off, @transparent: true"), "'transparent' is not supported yet"},
      {WithServer("address: 'h:1', tls: off, @xclient: true"), "'xclient' is not supported yet"},
      {WithServer("address: 'h:1', tls: off, @proxy_protocol: v1"), "'proxy_protocol' is not supported yet"},
      {WithServer("address: 'h:1', tls: off, @certificates: [mail]"), "it belongs in 'client'"},
      {Required("verify: @ful"), "'ful' is not a way to verify; did you mean 'full'?"},
      {Required("verify: @no"), "it is one of full, chain or none"},
      {Required("server_name: @'mail.example.org:25'"), "without a port"},
      {Required("server_name: @'*.example.org'"), "is not a name"},
      {Required("server_name: @''"), "is not a name"},
      {Required("ca: @''"), "'ca' takes the path of a file"},
      {Required("pins: @sha256/x"), "'pins' takes a list"},
      {Required("pins: [@'sha1/AAAA']"), "does not begin with sha256/"},
      {Required("pins: [@'sha256/AAAA']"), "is not the base64 of 32 bytes"},
      {Required("pins: [@'sha256/" + std::string(42, 'A') + "-=']"), "is not base64 at '-'"},
      {Required("pins: [@'sha256/" + std::string(43, 'A') + "']"), "is not the base64 of 32 bytes"},
      {Required("pins: [@'sha256/" + std::string(42, 'A') + "B=']"), "is not the base64 of 32 bytes"},
      {Required("pins: [@'sha256/" + std::string(44, 'A') + "=']"), "is not the base64 of 32 bytes"},
  });
}

TEST(Mistakes, AreAllSaidAtOnceAndInOrder) {
  const Loaded loaded = LoadText(
      "listeners:\n"
      "  - name: front\n"
      "    listen: 1\n"
      "    protocol: smpt\n"
      "    client: {tls: requird}\n"
      "    server: {address: h, tls: of}\n"
      "limits: {idle_timeout: 5}\n"
      "workers: x\n",
      "f.yaml", TestDialects());
  std::vector<std::string> places;
  for (const Diagnostic& error : loaded.errors) places.push_back(error.at.ToString());
  EXPECT_THAT(places, testing::ElementsAre("f.yaml:3:13", "f.yaml:4:15", "f.yaml:5:19", "f.yaml:6:23", "f.yaml:6:31",
                                           "f.yaml:7:24", "f.yaml:8:10"));
}

TEST(Mistakes, AreBoundedAndHarmlessToPrint) {
  std::string yaml = "log: {\"a\\nb\\e[31m\": 1";
  for (int i = 0; i < 500; ++i) yaml += ", x" + std::to_string(i) + ": 1";
  const Loaded loaded = LoadText(yaml + "}", "f.yaml", TestDialects());
  EXPECT_EQ(loaded.errors.size(), 101U);
  EXPECT_THAT(Describe(loaded), HasSubstr("'a?b?[31m'"));
}

}  // namespace
}  // namespace starlock::config
