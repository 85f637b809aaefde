// Errors in a file: their position and their message.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "support.h"

namespace starlock::config {
namespace {

using testing::HasSubstr;

// `@` marks the position of the one expected error, and is removed.
struct Mistake {
  std::string yaml;
  std::string says;
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
      {"@", "empty; a configuration needs at least 'listeners'"},
      {"@# nothing but a comment\n", "empty"},
      {"@just words", "must be a map of keys and values, not a single value"},
      {"@- a\n- b\n", "must be a map of keys and values, not a list"},
      {"- a\n@b: c\n", "a configuration is one map"},
      {"log:\n@\tlevel: info\n", "indented by a tab; YAML allows only spaces"},
      {"log:\n  level: info\n  @\tformat: text\n", "indented by a tab"},
      {"log: @{level: info\n", "this '{' is not closed by '}'"},
      {"listeners: @[\n\n", "this '[' is not closed by ']'"},
      {"log: {level: \"info@", "a quotation mark is not closed"},
      {"log: b@: c\n", "unexpected ':'"},
      {"log:\n  level: info\n @format: text\n", "is not aligned with"},
      {"log: @]\n", "this ']' or '}' closes nothing"},
      {"log: @`info`\n", "quote the value"},
      {"log: @*nowhere\n", "not YAML: the referenced anchor is not defined"},
      {"log: &a {level: @*a}\n", "an alias inside its own anchor"},
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
  EXPECT_THAT(Describe(LoadText(aliases, "f.yaml", TestDialects())), HasSubstr("too many nodes"));
}

TEST(Mistakes, AtTheTop) {
  ExpectEach({
      {"@workers: 1\n", "the configuration lacks 'listeners'"},
      {"@listeners:\n", "'listeners' has no value"},
      {"listeners: @[]\n", "'listeners' is an empty list"},
      {"listeners: @{name: front}\n", "'listeners' needs a list"},
      {"listeners: @front\n", "'listeners' needs a list"},
      {WithTop("@listener: 1"), "unknown key 'listener' in the configuration; did you mean 'listeners'?"},
      {WithTop("@wokrers: 1"), "did you mean 'workers'?"},
      {WithTop("@colour: red"), "expected workers, log, limits, tls, certificates or listeners"},
      {WithTop("@idle_timeout: 3s"), "it belongs in 'limits'"},
      {WithTop("@<<: {workers: 1}"), "unknown key '<<'"},
      {WithTop("@[a, b]: c"), "a key of the configuration must be a word, not a list"},
      {WithTop("@admin: {listen: 127.0.0.1:9901}"), "'admin' is not supported yet"},
      {WithTop("workers: 1\n@workers: 2"), "'workers' is given twice in the configuration; the first is in line 1"},
      {WithTop("workers: @0"), "write a whole number from 1 to 1024, or 'auto'"},
      {WithTop("workers: @-1"), "'-1' is not a number"},
      {WithTop("workers: @many"), "'many' is not a number"},
      {WithTop("workers: @99999999999999999999999"), "out of range"},
      {WithTop("workers: @[1]"), "'workers' needs a single value, not a list"},
      {WithTop("@workers:"), "'workers' has no value"},
      {WithTop("@workers: ~"), "'workers' has no value"},
  });
}

TEST(Mistakes, InLogAndLimits) {
  ExpectEach({
      {WithTop("log: @info"), "'log' must be a map of keys and values, not a single value"},
      {WithTop("@log:"), "'log' has no value"},
      {WithTop("log: {level: @inof}"), "'inof' is not a log level; did you mean 'info'?"},
      {WithTop("log: {level: @loud}"), "expected debug, info, warning or error"},
      {WithTop("log: {format: @jsn}"), "'jsn' is not a log format; did you mean 'json'?"},
      {WithTop("log: {target: @stdout}"), "'stdout' is not a target of the log; write stderr or file:PATH"},
      {WithTop("log: {target: @'file:'}"), "lacks the path of a file"},
      {WithTop("log: {target: @syslog}"), "'syslog' is not supported yet; write stderr or file:PATH"},
      {WithTop("log: {target: @journald}"), "'journald' is not supported yet"},
      {WithTop("log: {target: @{file: x}}"), "'target' needs a single value, not a map"},
      {WithTop("log: {sessions: @some}"), "expected all, failed or none"},
      {WithTop("log: {format: @{a: b}}"), "'format' needs a single value, not a map"},
      {WithTop("log: {level: info, @level: debug}"), "'level' is given twice in 'log'"},
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
      {WithTop("tls: {min_version: @1.1}"), "TLS 1.1 is not supported; expected 1.2 or 1.3"},
      {WithTop("tls: {min_version: @TLSv1.2}"), "'TLSv1.2' is not a TLS version; expected 1.2 or 1.3"},
      {WithTop("tls: {min_version: 1.3, max_version: @1.2}"), "min_version 1.3 is above max_version 1.2"},
      {WithTop("tls: {max_version: @1.2, min_version: 1.3}"), "min_version 1.3 is above max_version 1.2"},
      {WithTop("tls: {groups: @X25519}"), "'groups' needs a list, not a single value; write [X25519]"},
      {WithTop("tls: {groups: @[]}"), "'groups' is an empty list"},
      {WithTop("tls: {groups: [X25519, @x25518]}"), "did you mean 'X25519'?"},
      {WithTop("tls: {groups: [@secp256r1]}"), "'secp256r1' is not accepted; write 'P-256'"},
      {WithTop("tls: {groups: [@ffdhe2048]}"), "expected X25519MLKEM768, X25519, P-256, P-384 or P-521"},
      {WithTop("tls: {groups: [P-256, @P-256]}"), "'P-256' is listed twice in 'groups'"},
      {WithTop("tls: {groups: [@{}]}"), "each item of 'groups' must be a single value, not a map"},
      {WithTop("tls: {ticket_keys: @''}"), "'ticket_keys' needs the path of a file"},
      {WithTop("tls: {ticket_keys: @[a]}"), "'ticket_keys' needs a single value"},
      {WithTop("tls: {@ca: x}"), "it belongs in 'server'"},
      {WithTop("certificates: @[a]"), "'certificates' must be a map of names"},
      {WithTop("certificates: {@mail: }"), "certificate 'mail' has no value"},
      {WithTop("certificates: {mail: @mail.pem}"), "certificate 'mail' must be a map"},
      {WithTop("certificates: {mail: @{chain: c}}"), "certificate 'mail' lacks 'key'"},
      {WithTop("certificates: {mail: @{key: k}}"), "certificate 'mail' lacks 'chain'"},
      {WithTop("certificates: {mail: {chain: c, key: k, @kye: k}}"), "did you mean 'key'?"},
      {WithTop("certificates: {a: {chain: c, key: k},\n @a: {chain: c, key: k}}"), "the name 'a' is used twice"},
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
       "the name 'front' is already used by the listener in line 3"},
      {With({}) + Item({.name = "name: other", .listen = "listen: @127.0.0.1:2525"}),
       "listener 'front' already listens on 127.0.0.1:2525"},
      {With({.listen = "listen: [127.0.0.1:1, @127.0.0.1:1]"}), "127.0.0.1:1 is listed twice in 'listen'"},
      {With({.listen = "listen: @[]"}), "'listen' is an empty list"},
      {With({.listen = "listen: @{host: h}"}), "'listen' needs a list, not a map"},
      {With({.listen = "listen: @587"}), "'587' has no host; write 127.0.0.1:587"},
      {With({.listen = "listen: @127.0.0.1"}), "has no port; write host:port"},
      {With({.listen = "listen: @127.0.0.1:65536"}), "a port is a number from 0 to 65535"},
      {With({.listen = "listen: @127.0.0.1:smtp"}), "'smtp' is not a port"},
      {With({.listen = "listen: @127.0.0.256:25"}), "'127.0.0.256' is not an address"},
      {With({.listen = "listen: @'::1:25'"}), "write an IPv6 address in brackets"},
      {With({.listen = "listen: @'[::1'"}), "lacks the closing ']'"},
      {With({.listen = "listen: @'*:25'"}), "write 0.0.0.0:25 for IPv4, [::]:25 for IPv6"},
      {With({.listen = "listen: @:25"}), "write 0.0.0.0:25"},
      {With({.listen = "listen: @systemd:smtp"}), "not supported yet"},
      {With({.protocol = "protocol: @smpt"}), "did you mean 'smtp'? (known: smtp, lmtp or tcp)"},
      {With({.protocol = "protocol: @imap"}), "'imap' is not a known protocol (known: smtp, lmtp or tcp)"},
      {With({.protocol = "protocol: smtp\n    ftp: @{data_ports: 1}"}), "'ftp' is allowed only with protocol: ftp"},
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
      {WithClient("tls: @yes, certificates: [mail]"), "expected off, opportunistic, required or implicit"},
      {WithClient("tls: @'', certificates: [mail]"), "'' is not a TLS mode"},
      {WithClient("tls: @required"), "a client leg with tls: required needs 'certificates'"},
      {WithClient("tls: @opportunistic"), "a client leg with tls: opportunistic needs 'certificates'"},
      {WithClient("tls: @implicit"), "a client leg with tls: implicit needs 'certificates'"},
      {WithClient("tls: required, certificates: @[]"), "'certificates' is an empty list"},
      {WithClient("tls: required, certificates: @mail"),
       "'certificates' needs a list, not a single value; write [mail]"},
      {WithClient("tls: required, certificates: [@mial]"), "no certificate is named 'mial'; did you mean 'mail'?"},
      {WithClient("tls: off, certificates: [@other]"), "no certificate is named 'other'; expected mail"},
      {WithClient("tls: required, certificates: [mail, @mail]"), "'mail' is listed twice in 'certificates'"},
      {"listeners:\n" + Item({.client = "client: {tls: required, certificates: [@mail]}"}),
       "there is no top-level 'certificates'"},
      {WithClient("tls: off, @verify: full"), "it belongs in 'server'"},
      {WithClient("tls: off, @tsl: off"), "did you mean 'tls'?"},
      {WithClient("tls: off, min_version: 1.3, max_version: @1.2"), "min_version 1.3 is above"},
      {"tls: {min_version: 1.3}\n" + WithClient("tls: off, max_version: @1.2"), "min_version 1.3 is above"},
      {"tls: {max_version: 1.2}\n" + Required("min_version: @1.3"), "min_version 1.3 is above"},
      {With({.protocol = "protocol: tcp", .client = "client: {tls: @required, certificates: [mail]}"}),
       "this one supports only off and implicit"},
      {With({.protocol = "protocol: tcp", .client = "client: {tls: @opportunistic, certificates: [mail]}"}),
       "this one supports only off and implicit"},
      {With({.protocol = "protocol: tcp", .server = "server: {address: 'h:1', tls: @required}"}),
       "this one supports only off and implicit"},
      {With({.protocol = "protocol: tcp", .server = "server: {address: 'h:1', tls: @opportunistic}"}),
       "this one supports only off and implicit"},
      {With({.server = "server: @{address: 'h:1'}"}), "'server' of listener 'front' lacks 'tls'"},
      {With({.server = "server: @{tls: off}"}), "'server' of listener 'front' lacks 'address'"},
      {WithServer("address: @[], tls: off"), "'address' is an empty list"},
      {WithServer("address: ['h:1', @'h'], tls: off"), "'h' has no port; write host:port"},
      {WithServer("address: @'h:0', tls: off"), "port 0 cannot be connected to"},
      {WithServer("address: @'a b:1', tls: off"), "is not a host name or an address"},
      {WithServer("address: @'a..b:1', tls: off"), "is not a host name"},
      {WithServer("address: @original, tls: off"), "'original' is not supported yet"},
      {WithServer("address: 'h:1', tls: off, @transparent: true"), "'transparent' is not supported yet"},
      {WithServer("address: 'h:1', tls: off, @xclient: true"), "'xclient' is not supported yet"},
      {WithServer("address: 'h:1', tls: off, @proxy_protocol: v1"), "'proxy_protocol' is not supported yet"},
      {WithServer("address: 'h:1', tls: off, @certificates: [mail]"), "it belongs in 'client'"},
      {Required("verify: @ful"), "'ful' is not a way to verify; did you mean 'full'?"},
      {Required("verify: @no"), "expected full, chain or none"},
      {Required("server_name: @'mail.example.org:25'"), "without a port"},
      {Required("server_name: @'*.example.org'"), "is not a server name"},
      {Required("server_name: @''"), "is not a server name"},
      {Required("ca: @''"), "'ca' needs the path of a file"},
      {Required("pins: @sha256/x"), "'pins' needs a list"},
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

// Text is cut and quoted between characters, never inside one.
TEST(Mistakes, QuoteWholeCharacters) {
  const std::string cut = std::string(59, 'x');
  ExpectEach({
      {WithTop("@" + cut + "üü: 1"), "unknown key '" + cut + "…'"},
      {WithTop("tls: {groups: @" + cut + "ü}"), "write [" + cut + "…]"},
      {Required("pins: [@'sha256/AA€']"), "is not base64 at '€'"},
      {With({.listen = "listen: @'" + cut + "ü:25'"}), "'" + cut + "…' is not a host name"},
  });
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
