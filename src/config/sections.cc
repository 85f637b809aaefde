#include "config/sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "config/values.h"

namespace starlock::config {
namespace {

void CheckVersions(const MapReader& map, const TlsSettings& tls) {
  const YamlNode* max = map.Find("max_version");
  const YamlNode* at = max ? max : map.Find("min_version");
  if (!at || tls.min_version <= tls.max_version) return;
  map.report().Fail(*at, fmt::format("min_version {} is above max_version {}; no version is left",
                                     ToString(tls.min_version), ToString(tls.max_version)));
}

void ReadGroups(const MapReader& map, std::vector<KeyExchangeGroup>& groups) {
  std::vector<KeyExchangeGroup> result;
  for (const YamlNode* item : map.FindList("groups")) {
    KeyExchangeGroup group{};
    if (!map.Convert(*item, ParseGroup, group)) continue;
    if (std::find(result.begin(), result.end(), group) != result.end()) {
      map.report().Fail(*item, fmt::format("'{}' is listed twice in 'groups'", ToString(group)));
    }
    result.push_back(group);
  }
  if (!result.empty()) groups = std::move(result);
}

void ReadCertificate(Report& report, const YamlNode& name, const YamlNode& value,
                     std::vector<Certificate>& certificates) {
  if (name.kind != YamlNode::Kind::kScalar) {
    return report.Fail(name, fmt::format("a certificate's name must be a word, not {}", KindName(name.kind)));
  }
  const auto parsed = ParseName(name.text);
  if (!parsed) return report.Fail(name, parsed.error().detail);
  const auto same = [&](const Certificate& other) { return other.name == name.text; };
  const auto earlier = std::find_if(certificates.begin(), certificates.end(), same);
  if (earlier != certificates.end()) {
    return report.Fail(name, fmt::format("the name {} is used twice in 'certificates'; the first is in line {}",
                                         InQuotes(name.text), earlier->at.line));
  }
  Certificate certificate{.name = name.text, .chain = {}, .key = {}, .at = report.At(name)};
  if (value.kind == YamlNode::Kind::kNull) {
    report.Fail(name,
                fmt::format("certificate {} has no value; write {{chain: FILE, key: FILE}}", InQuotes(name.text)));
  } else {
    const MapReader map(report, value, fmt::format("certificate {}", InQuotes(name.text)), kCertificateKeys);
    map.Need("chain", "chain: mail.pem");
    map.Need("key", "key: mail.key");
    certificate.chain = ReadPath(map, "chain").value_or(File{});
    certificate.key = ReadPath(map, "key").value_or(File{});
  }
  certificates.push_back(std::move(certificate));
}

}  // namespace

File FileOf(const MapReader& map, const std::string& path, const YamlNode& node) {
  const auto folder = std::filesystem::path(map.report().path()).parent_path();
  return {(folder / path).string(), map.report().At(node)};
}

std::optional<File> ReadPath(const MapReader& map, std::string_view key) {
  const YamlNode* node = map.FindScalar(key);
  if (!node) return std::nullopt;
  if (node->text.empty() || node->text.find('\0') != std::string::npos) {
    map.report().Fail(*node, fmt::format("'{}' needs the path of a file", key));
    return std::nullopt;
  }
  return FileOf(map, node->text, *node);
}

void ReadLog(const MapReader& root, LogSettings& log) {
  const YamlNode* node = root.Find("log");
  if (!node) return;
  const MapReader map(root.report(), *node, "'log'", kLogKeys);
  map.Read("level", ParseLogLevel, log.level);
  map.Read("format", ParseLogFormat, log.format);
  map.Read("sessions", ParseLogSessions, log.sessions);
  std::string path;
  map.Read("target", ParseLogTarget, path);
  if (!path.empty()) log.file = FileOf(map, path, *map.Find("target"));
}

void ReadLimits(const MapReader& root, Limits& limits) {
  const YamlNode* node = root.Find("limits");
  if (!node) return;
  constexpr uint32_t kMost = 100'000'000;
  const auto count = [](std::string_view text) { return ParseCount(text, 0, kMost); };
  const MapReader map(root.report(), *node, "'limits'", kLimitsKeys);
  map.Read("max_connections", count, limits.max_connections);
  map.Read("max_connections_per_client", count, limits.max_connections_per_client);
  map.Read("connect_timeout", ParseDuration, limits.connect_timeout);
  map.Read("negotiation_timeout", ParseDuration, limits.negotiation_timeout);
  map.Read("idle_timeout", ParseDuration, limits.idle_timeout);
  map.Read("drain_timeout", ParseDuration, limits.drain_timeout);
}

void ReadTls(const MapReader& root, TlsSettings& tls, std::optional<File>& ticket_keys) {
  const YamlNode* node = root.Find("tls");
  if (!node) return;
  const MapReader map(root.report(), *node, "'tls'", kTlsKeys);
  ReadTlsSettings(map, tls);
  ticket_keys = ReadPath(map, "ticket_keys");
}

void ReadTlsSettings(const MapReader& map, TlsSettings& tls) {
  map.Read("min_version", ParseTlsVersion, tls.min_version);
  map.Read("max_version", ParseTlsVersion, tls.max_version);
  CheckVersions(map, tls);
  ReadGroups(map, tls.groups);
}

void ReadCertificates(const MapReader& root, std::vector<Certificate>& certificates) {
  const YamlNode* node = root.Find("certificates");
  if (!node) return;
  if (node->kind != YamlNode::Kind::kMap) {
    return root.report().Fail(*node, fmt::format("'certificates' must be a map of names, like mail: "
                                                 "{{chain: mail.pem, key: mail.key}}, not {}",
                                                 KindName(node->kind)));
  }
  for (const YamlNode::Entry& entry : node->entries)
    ReadCertificate(root.report(), *entry.key, *entry.value, certificates);
}

bool Collide(const HostPort& a, const HostPort& b) { return a.port != 0 && a == b; }

}  // namespace starlock::config
