#include "config/map_reader.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "config/suggest.h"

namespace starlock::config {
namespace {

constexpr size_t kMostErrors = 100;

std::vector<Diagnostic> InOrder(std::vector<Diagnostic> diagnostics) {
  std::stable_sort(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.at.line, a.at.column) < std::tie(b.at.line, b.at.column);
  });
  return diagnostics;
}

// Where a key belongs that was written somewhere else.
std::string_view HomeOf(std::string_view key) {
  struct Home {
    std::string_view key;
    std::string_view map;
  };
  static constexpr std::array kHomes = std::to_array<Home>({
      {"max_connections", "limits"},
      {"max_connections_per_client", "limits"},
      {"connect_timeout", "limits"},
      {"negotiation_timeout", "limits"},
      {"idle_timeout", "limits"},
      {"drain_timeout", "limits"},
      {"level", "log"},
      {"format", "log"},
      {"ticket_keys", "tls"},
      {"min_version", "tls"},
      {"max_version", "tls"},
      {"groups", "tls"},
      {"certificates", "client"},
      {"address", "server"},
      {"verify", "server"},
      {"server_name", "server"},
      {"ca", "server"},
      {"pins", "server"},
      {"listen", "listeners"},
      {"protocol", "listeners"},
      {"client", "listeners"},
      {"server", "listeners"},
      {"chain", "certificates"},
      {"key", "certificates"},
  });
  const auto* found = std::find_if(kHomes.begin(), kHomes.end(), [&](const Home& home) { return home.key == key; });
  return found == kHomes.end() ? std::string_view() : found->map;
}

}  // namespace

void Report::Fail(Location at, std::string message) {
  if (errors_.size() > kMostErrors) return;
  if (errors_.size() == kMostErrors) message = "more is wrong from here on; mend what stands above first";
  errors_.push_back({std::move(at), std::move(message)});
}

std::vector<Diagnostic> Report::TakeErrors() { return InOrder(std::move(errors_)); }
std::vector<Diagnostic> Report::TakeWarnings() { return InOrder(std::move(warnings_)); }

MapReader::MapReader(Report& report, const YamlNode& node, std::string what, std::span<const Key> keys)
    : report_(report), node_(node), what_(std::move(what)) {
  if (node.kind == YamlNode::Kind::kMap) {
    for (const YamlNode::Entry& entry : node.entries) TakeEntry(*entry.key, *entry.value, keys);
    return;
  }
  report.Fail(node, what_ + " must be a map of keys and values, not " + std::string(KindName(node.kind)));
  for (const Key& key : keys) found_.push_back({key.name, nullptr});
}

void MapReader::TakeEntry(const YamlNode& key, const YamlNode& value, std::span<const Key> keys) {
  if (key.kind != YamlNode::Kind::kScalar) {
    report_.Fail(key, "a key of " + what_ + " must be a word, not " + std::string(KindName(key.kind)));
    return;
  }
  const auto known = std::find_if(keys.begin(), keys.end(), [&](const Key& k) { return k.name == key.text; });
  if (known == keys.end()) return RefuseUnknown(key, keys);
  if (known->later) return report_.Fail(key, Quoted(key.text) + " is not supported yet; leave it out");
  for (const YamlNode::Entry& earlier : node_.entries) {
    if (earlier.key.get() == &key) break;
    if (earlier.key->kind != YamlNode::Kind::kScalar || earlier.key->text != key.text) continue;
    return report_.Fail(key, Quoted(key.text) + " stands twice in " + what_ + "; the first is in line " +
                                 std::to_string(earlier.key->line));
  }
  const bool empty = value.kind == YamlNode::Kind::kNull;
  if (empty) report_.Fail(key, Quoted(key.text) + " has no value");
  found_.push_back({known->name, empty ? nullptr : &value});
}

void MapReader::RefuseUnknown(const YamlNode& key, std::span<const Key> keys) const {
  std::vector<std::string_view> known;
  for (const Key& k : keys) {
    if (!k.later) known.push_back(k.name);
  }
  const std::string_view home = HomeOf(key.text);
  const std::string help = home.empty() ? Suggestion(key.text, known) : "; it belongs in '" + std::string(home) + "'";
  report_.Fail(key, "unknown key " + Quoted(key.text) + " in " + what_ + help);
}

const YamlNode* MapReader::Find(std::string_view key) const {
  const auto found = std::find_if(found_.begin(), found_.end(), [&](const Found& f) { return f.key == key; });
  return found == found_.end() ? nullptr : found->value;
}

const YamlNode* MapReader::Need(std::string_view key, std::string_view example) const {
  const auto found = std::find_if(found_.begin(), found_.end(), [&](const Found& f) { return f.key == key; });
  if (found != found_.end()) return found->value;
  report_.Fail(node_, what_ + " lacks '" + std::string(key) + "'; write it like " + std::string(example));
  return nullptr;
}

const YamlNode* MapReader::FindScalar(std::string_view key) const {
  const YamlNode* node = Find(key);
  if (!node || node->kind == YamlNode::Kind::kScalar) return node;
  report_.Fail(*node, "'" + std::string(key) + "' takes a single value, not " + std::string(KindName(node->kind)));
  return nullptr;
}

std::vector<const YamlNode*> MapReader::FindList(std::string_view key, bool or_one) const {
  const YamlNode* node = Find(key);
  if (!node) return {};
  if (or_one && node->kind == YamlNode::Kind::kScalar) return {node};
  const std::string name = "'" + std::string(key) + "'";
  if (node->kind != YamlNode::Kind::kList) {
    const std::string like = node->kind == YamlNode::Kind::kScalar ? "; write [" + node->text.substr(0, 60) + "]" : "";
    report_.Fail(*node, name + " takes a list, not " + std::string(KindName(node->kind)) + like);
    return {};
  }
  if (node->items.empty()) report_.Fail(*node, name + " is an empty list; name at least one, or leave it out");
  std::vector<const YamlNode*> result;
  for (const auto& item : node->items) {
    if (item->kind == YamlNode::Kind::kScalar) {
      result.push_back(item.get());
    } else {
      report_.Fail(*item, "each item of " + name + " is a single value, not " + std::string(KindName(item->kind)));
    }
  }
  return result;
}

}  // namespace starlock::config
