#include "config/map_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "base/text.h"
#include "config/suggest.h"

namespace starlock::config {
namespace {

constexpr size_t kMaxErrors = 100;

std::vector<Diagnostic> InOrder(std::vector<Diagnostic> diagnostics) {
  std::stable_sort(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.at.line, a.at.column) < std::tie(b.at.line, b.at.column);
  });
  return diagnostics;
}

// The name of the map in which a misplaced key is valid; if several, the first in this order. Empty: none.
std::string_view HomeOf(std::string_view key) {
  struct Map {
    std::string_view name;
    std::span<const Key> keys;
  };
  static constexpr auto kMaps = std::to_array<Map>({
      {"limits", kLimitsKeys},
      {"log", kLogKeys},
      {"tls", kTlsKeys},
      {"client", kClientKeys},
      {"server", kServerKeys},
      {"listeners", kListenerKeys},
      {"ftp", kFtpKeys},
      {"certificates", kCertificateKeys},
  });
  const auto has_key = [key](const Map& map) {
    return std::any_of(map.keys.begin(), map.keys.end(), [key](const Key& k) { return k.name == key && !k.later; });
  };
  const auto* found = std::find_if(kMaps.begin(), kMaps.end(), has_key);
  return found == kMaps.end() ? std::string_view() : found->name;
}

}  // namespace

void Report::Fail(Location at, std::string message) {
  if (errors_.size() > kMaxErrors) return;
  if (errors_.size() == kMaxErrors) message = "too many errors; fix those above first";
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
  report.Fail(node, fmt::format("{} must be a map of keys and values, not {}", what_, KindName(node.kind)));
  for (const Key& key : keys) found_.push_back({key.name, nullptr});
}

void MapReader::TakeEntry(const YamlNode& key, const YamlNode& value, std::span<const Key> keys) {
  if (key.kind != YamlNode::Kind::kScalar) {
    report_.Fail(key, fmt::format("a key of {} must be a word, not {}", what_, KindName(key.kind)));
    return;
  }
  const auto known = std::find_if(keys.begin(), keys.end(), [&](const Key& k) { return k.name == key.text; });
  if (known == keys.end()) return RefuseUnknown(key, keys);
  if (known->later) return report_.Fail(key, fmt::format("{} is not supported yet; remove it", InQuotes(key.text)));
  for (const YamlNode::Entry& earlier : node_.entries) {
    if (earlier.key.get() == &key) break;
    if (earlier.key->kind != YamlNode::Kind::kScalar || earlier.key->text != key.text) continue;
    return report_.Fail(key, fmt::format("{} is given twice in {}; the first is in line {}", InQuotes(key.text), what_,
                                         earlier.key->line));
  }
  const bool empty = value.kind == YamlNode::Kind::kNull;
  if (empty) report_.Fail(key, fmt::format("{} has no value", InQuotes(key.text)));
  found_.push_back({known->name, empty ? nullptr : &value});
}

void MapReader::RefuseUnknown(const YamlNode& key, std::span<const Key> keys) const {
  std::vector<std::string_view> known;
  for (const Key& k : keys) {
    if (!k.later) known.push_back(k.name);
  }
  const std::string_view home = HomeOf(key.text);
  const std::string help = home.empty() ? Suggestion(key.text, known) : fmt::format("; it belongs in '{}'", home);
  report_.Fail(key, fmt::format("unknown key {} in {}{}", InQuotes(key.text), what_, help));
}

const YamlNode* MapReader::Find(std::string_view key) const {
  const auto found = std::find_if(found_.begin(), found_.end(), [&](const Found& f) { return f.key == key; });
  return found == found_.end() ? nullptr : found->value;
}

const YamlNode* MapReader::Need(std::string_view key, std::string_view example) const {
  const auto found = std::find_if(found_.begin(), found_.end(), [&](const Found& f) { return f.key == key; });
  if (found != found_.end()) return found->value;
  report_.Fail(node_, fmt::format("{} lacks '{}'; write it like {}", what_, key, example));
  return nullptr;
}

const YamlNode* MapReader::FindScalar(std::string_view key) const {
  const YamlNode* node = Find(key);
  if (!node || node->kind == YamlNode::Kind::kScalar) return node;
  report_.Fail(*node, fmt::format("'{}' needs a single value, not {}", key, KindName(node->kind)));
  return nullptr;
}

std::vector<const YamlNode*> MapReader::FindList(std::string_view key, bool or_one) const {
  const YamlNode* node = Find(key);
  if (!node) return {};
  if (or_one && node->kind == YamlNode::Kind::kScalar) return {node};
  if (node->kind != YamlNode::Kind::kList) {
    const bool is_scalar = node->kind == YamlNode::Kind::kScalar;
    const std::string help = is_scalar ? fmt::format("; write [{}]", Shortened(node->text)) : "";
    report_.Fail(*node, fmt::format("'{}' needs a list, not {}{}", key, KindName(node->kind), help));
    return {};
  }
  if (node->items.empty()) {
    report_.Fail(*node, fmt::format("'{}' is an empty list; give at least one item, or remove it", key));
  }
  std::vector<const YamlNode*> result;
  for (const auto& item : node->items) {
    if (item->kind == YamlNode::Kind::kScalar) {
      result.push_back(item.get());
    } else {
      report_.Fail(*item, fmt::format("each item of '{}' must be a single value, not {}", key, KindName(item->kind)));
    }
  }
  return result;
}

}  // namespace starlock::config
