#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "config/sections.h"
#include "config/suggest.h"
#include "config/values.h"

namespace starlock::config {
namespace {

// Reads one listener. Valid parts are kept beside invalid ones, so that one run reports every error.
class ListenerReader {
 public:
  ListenerReader(const MapReader& map, const TlsSettings& tls, std::span<const DialectRules> dialects,
                 const Config& config)
      : map_(map), report_(map.report()), tls_(tls), dialects_(dialects), config_(config) {}

  Listener Read() {
    Listener listener;
    listener.at = report_.At(map_.node());
    map_.ReadNeeded("name", "name: front", ParseName, listener.name);
    ReadListen(listener);
    ReadProtocol(listener);
    if (const YamlNode* ftp = map_.Find("ftp")) ReadFtp(*ftp, listener);
    if (const YamlNode* client = map_.Need("client", "client: {tls: off}")) ReadClient(*client, listener.client);
    if (const YamlNode* server = map_.Need("server", "server: {address: 127.0.0.1:2525, tls: off}")) {
      ReadServer(*server, listener.server);
    }
    return listener;
  }

 private:
  void ReadListen(Listener& listener) {
    const YamlNode* node = map_.Need("listen", "listen: 127.0.0.1:2525");
    if (!node) return;
    listener.listen_at = report_.At(*node);
    for (const YamlNode* item : map_.FindList("listen", true)) {
      HostPort address;
      if (!map_.Convert(*item, ParseListen, address)) continue;
      CheckListen(*item, address, listener);
      listener.listen.push_back(std::move(address));
    }
  }

  void CheckListen(const YamlNode& item, const HostPort& address, const Listener& listener) {
    const auto collides = [&](const HostPort& other) { return Collide(address, other); };
    if (std::any_of(listener.listen.begin(), listener.listen.end(), collides)) {
      return report_.Fail(item, fmt::format("{} is listed twice in 'listen'", address.ToString()));
    }
    for (const Listener& other : config_.listeners) {
      if (std::none_of(other.listen.begin(), other.listen.end(), collides)) continue;
      return report_.Fail(item,
                          fmt::format("listener {} already listens on {}", InQuotes(other.name), address.ToString()));
    }
  }

  void ReadProtocol(Listener& listener) {
    const auto parse = [this](std::string_view text) { return ParseProtocol(text, dialects_); };
    map_.ReadNeeded("protocol", "protocol: smtp", parse, listener.protocol);
    const auto named = [&](const DialectRules& dialect) { return dialect.name == listener.protocol; };
    const auto found = std::find_if(dialects_.begin(), dialects_.end(), named);
    if (found == dialects_.end()) return;
    starttls_ = found->starttls;
    data_connections_ = found->data_connections;
  }

  void ReadFtp(const YamlNode& node, Listener& listener) {
    if (!data_connections_) return report_.Fail(node, "'ftp' is allowed only with protocol: ftp");
    const MapReader map(report_, node, fmt::format("'ftp' of {}", map_.what()), kFtpKeys);
    std::pair<uint16_t, uint16_t> ports;
    map.Read("data_ports", ParsePortRange, ports);
    std::tie(listener.data.first_port, listener.data.last_port) = ports;
    map.Read("external_address", ParseIpv4, listener.data.external_address);
    map.Read("data_session", ParseDataSession, listener.data.session);
  }

  // The leg's mode and TLS settings. False: the mode is missing or invalid, so rules that depend on it are skipped.
  bool ReadMode(const MapReader& leg, TlsMode& mode, TlsSettings& tls) {
    tls = tls_;
    ReadTlsSettings(leg, tls);
    const YamlNode* node = leg.ReadNeeded("tls", "tls: required (or off, opportunistic, implicit)", ParseTlsMode, mode);
    if (!node) return false;
    if (!starttls_ && (mode == TlsMode::kOpportunistic || mode == TlsMode::kRequired)) {
      report_.Fail(*node,
                   fmt::format("{} needs a protocol that can upgrade to TLS; this one supports only off and implicit",
                               InQuotes(node->text)));
    }
    return true;
  }

  void ReadClient(const YamlNode& node, ClientLeg& client) {
    client.at = report_.At(node);
    const MapReader leg(report_, node, fmt::format("'client' of {}", map_.what()), kClientKeys);
    const bool has_mode = ReadMode(leg, client.mode, client.tls);
    for (const YamlNode* item : leg.FindList("certificates")) {
      CheckCertificate(*item, client);
      client.certificates.push_back(item->text);
    }
    const bool off = client.mode == TlsMode::kOff;
    if (has_mode && !off && !leg.Find("certificates")) {
      report_.Fail(*leg.Find("tls"), fmt::format("a client leg with tls: {} needs 'certificates'; "
                                                 "write it like certificates: [mail]",
                                                 ToString(client.mode)));
    }
    if (has_mode && off) WarnUnused(leg, {"certificates"});
  }

  void CheckCertificate(const YamlNode& item, const ClientLeg& client) {
    const auto& names = client.certificates;
    if (std::find(names.begin(), names.end(), item.text) != names.end()) {
      return report_.Fail(item, fmt::format("{} is listed twice in 'certificates'", InQuotes(item.text)));
    }
    if (config_.FindCertificate(item.text)) return;
    std::vector<std::string_view> known;
    for (const Certificate& certificate : config_.certificates) known.emplace_back(certificate.name);
    const std::string help = known.empty() ? "; there is no top-level 'certificates'" : Suggestion(item.text, known);
    report_.Fail(item, fmt::format("no certificate is named {}{}", InQuotes(item.text), help));
  }

  void ReadServer(const YamlNode& node, ServerLeg& server) {
    server.at = report_.At(node);
    const MapReader leg(report_, node, fmt::format("'server' of {}", map_.what()), kServerKeys);
    leg.Need("address", "address: mail.example.org:587");
    for (const YamlNode* item : leg.FindList("address", true)) {
      HostPort address;
      const auto parse = [](std::string_view text) { return ParseAddress(text); };
      if (leg.Convert(*item, parse, address)) server.address.push_back(std::move(address));
    }
    const bool has_mode = ReadMode(leg, server.mode, server.tls);
    leg.Read("verify", ParseVerify, server.verify);
    leg.Read("server_name", ParseServerName, server.server_name);
    server.ca = ReadPath(leg, "ca");
    for (const YamlNode* item : leg.FindList("pins")) {
      SpkiPin pin;
      if (leg.Convert(*item, SpkiPin::Parse, pin)) server.pins.push_back(pin);
    }
    if (has_mode) WarnServer(leg, server);
  }

  // Warns of settings that look like protection and have no effect.
  void WarnServer(const MapReader& leg, const ServerLeg& server) {
    if (server.mode == TlsMode::kOff) return WarnUnused(leg, {"verify", "server_name", "ca", "pins"});
    const YamlNode* ca = leg.Find("ca");
    if (!ca || server.VerifyInForce() != Verify::kNone) return;
    report_.Warn(*ca, server.verify ? "'ca' has no effect with verify: none"
                                    : "'ca' has no effect: an opportunistic server leg verifies only if 'verify' or "
                                      "'pins' is set");
  }

  void WarnUnused(const MapReader& leg, std::initializer_list<std::string_view> keys) {
    for (const std::string_view key : keys) {
      const YamlNode* node = leg.Find(key);
      if (node) report_.Warn(*node, fmt::format("'{}' has no effect with tls: off", key));
    }
  }

  const MapReader& map_;
  Report& report_;
  const TlsSettings& tls_;
  std::span<const DialectRules> dialects_;
  const Config& config_;
  // Whether the protocol has these features. True if the protocol is unknown: that one error must not cause others.
  bool starttls_ = true;
  bool data_connections_ = true;
};

// A listener's designation in messages: its name if it has one, otherwise its number.
std::string DescribeListener(const YamlNode& node, size_t index) {
  for (const YamlNode::Entry& entry : node.entries) {
    const bool name = entry.key->kind == YamlNode::Kind::kScalar && entry.key->text == "name";
    if (name && entry.value->kind == YamlNode::Kind::kScalar) {
      return fmt::format("listener {}", InQuotes(entry.value->text));
    }
  }
  return fmt::format("listener {}", index + 1);
}

}  // namespace

void ReadListeners(const MapReader& root, const TlsSettings& tls, std::span<const DialectRules> dialects,
                   Config& config) {
  const YamlNode* node =
      root.Need("listeners", "listeners: [{name: front, listen: …, protocol: …, client: …, server: …}]");
  if (!node) return;
  Report& report = root.report();
  if (node->kind != YamlNode::Kind::kList) {
    return report.Fail(
        *node, fmt::format("'listeners' needs a list, each item beginning with '-', not {}", KindName(node->kind)));
  }
  if (node->items.empty()) report.Fail(*node, "'listeners' is an empty list; at least one is needed");
  for (size_t i = 0; i < node->items.size(); ++i) {
    const YamlNode& item = *node->items[i];
    const MapReader map(report, item, DescribeListener(item, i), kListenerKeys);
    Listener listener = ListenerReader(map, tls, dialects, config).Read();
    const auto same = [&](const Listener& other) { return other.name == listener.name; };
    const auto earlier = std::find_if(config.listeners.begin(), config.listeners.end(), same);
    if (!listener.name.empty() && earlier != config.listeners.end()) {
      report.Fail(*map.Find("name"), fmt::format("the name {} is already used by the listener in line {}",
                                                 InQuotes(listener.name), earlier->at.line));
    }
    config.listeners.push_back(std::move(listener));
  }
}

}  // namespace starlock::config
