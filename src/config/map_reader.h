#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/yaml_tree.h"

namespace starlock::config {

/// Gathers what is wrong with one file.
class Report {
 public:
  explicit Report(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  Location At(const YamlNode& node) const { return {path_, node.line, node.column}; }
  void Fail(const YamlNode& node, std::string message) { Fail(At(node), std::move(message)); }
  void Fail(Location at, std::string message);
  void Warn(const YamlNode& node, std::string message) { warnings_.push_back({At(node), std::move(message)}); }

  bool failed() const { return !errors_.empty(); }
  /// Both in the order of the file.
  std::vector<Diagnostic> TakeErrors();
  std::vector<Diagnostic> TakeWarnings();

 private:
  std::string path_;
  std::vector<Diagnostic> errors_;
  std::vector<Diagnostic> warnings_;
};

/// A key that a map may have. `later`: the name is taken, but what it will do is not there yet.
struct Key {
  std::string_view name;
  bool later = false;
};

/// One map of a configuration. Says at once what is wrong with the map itself: keys that are unknown, doubled, not yet
/// supported or without a value. What was said once is not said again: a key with such a fault reads as absent, but is
/// not missed.
class MapReader {
 public:
  /// `what` is the map for messages: `'limits'`, `listener 'front'`. A `node` that is no map reads as an empty one of
  /// which nothing is missed.
  MapReader(Report& report, const YamlNode& node, std::string what, std::span<const Key> keys);

  Report& report() const { return report_; }
  const YamlNode& node() const { return node_; }
  const std::string& what() const { return what_; }

  /// The value of `key`, or nullptr.
  const YamlNode* Find(std::string_view key) const;
  /// The value of `key`, which the map must have; `example` shows a right one.
  const YamlNode* Need(std::string_view key, std::string_view example) const;
  /// The same, where the value has to be a single one.
  const YamlNode* FindScalar(std::string_view key) const;
  /// The single values of a list that is not empty. `or_one`: a single value stands for a list of it.
  std::vector<const YamlNode*> FindList(std::string_view key, bool or_one = false) const;

  /// Reads a single value into `out`, which keeps what it held where there is none, or a wrong one. `parse` takes the
  /// text and returns a Result.
  template <typename Parse, typename T>
  void Read(std::string_view key, Parse parse, T& out) const {
    if (const YamlNode* node = FindScalar(key)) Convert(*node, parse, out);
  }
  /// The same, where the map must have it; `example` shows a right value. Returns the node if `out` was set.
  template <typename Parse, typename T>
  const YamlNode* ReadNeeded(std::string_view key, std::string_view example, Parse parse, T& out) const {
    if (!Need(key, example)) return nullptr;
    const YamlNode* node = FindScalar(key);
    return node && Convert(*node, parse, out) ? node : nullptr;
  }
  /// The same for one node. False: it was wrong, and that has been said.
  template <typename Parse, typename T>
  bool Convert(const YamlNode& node, Parse parse, T& out) const {
    auto value = parse(std::string_view(node.text));
    if (!value) {
      report_.Fail(node, value.error().detail);
      return false;
    }
    out = std::move(value).value();
    return true;
  }

 private:
  struct Found {
    std::string_view key;
    const YamlNode* value;  // nullptr: faulty
  };

  void TakeEntry(const YamlNode& key, const YamlNode& value, std::span<const Key> keys);
  void RefuseUnknown(const YamlNode& key, std::span<const Key> keys) const;

  Report& report_;
  const YamlNode& node_;
  std::string what_;
  std::vector<Found> found_;
};

}  // namespace starlock::config
