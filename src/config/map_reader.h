#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/keys.h"
#include "config/yaml_tree.h"

namespace starlock::config {

/// Collects the errors and warnings of one file.
class Report {
 public:
  explicit Report(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  Location At(const YamlNode& node) const { return {path_, node.line, node.column}; }
  void Fail(const YamlNode& node, std::string message) { Fail(At(node), std::move(message)); }
  void Fail(Location at, std::string message);
  void Warn(const YamlNode& node, std::string message) { Warn({At(node), std::move(message)}); }
  void Warn(Diagnostic warning) { warnings_.push_back(std::move(warning)); }

  bool failed() const { return !errors_.empty(); }
  /// Both in file order.
  std::vector<Diagnostic> TakeErrors();
  std::vector<Diagnostic> TakeWarnings();

 private:
  std::string path_;
  std::vector<Diagnostic> errors_;
  std::vector<Diagnostic> warnings_;
};

/// Reads one map of a configuration. The constructor reports keys that are unknown, duplicate, not yet supported or
/// without a value. Such a key then reads as absent, but is not reported as missing: one mistake gives one error.
class MapReader {
 public:
  /// `what` names the map in messages: `'limits'`, `listener 'front'`. A `node` that is not a map is reported, and
  /// reads as an empty map in which nothing is missing.
  MapReader(Report& report, const YamlNode& node, std::string what, std::span<const Key> keys);

  Report& report() const { return report_; }
  const YamlNode& node() const { return node_; }
  const std::string& what() const { return what_; }

  /// The value of `key`, or nullptr.
  const YamlNode* Find(std::string_view key) const;
  /// The value of a required key, or nullptr after reporting that it is missing; `example` shows a valid one.
  const YamlNode* Need(std::string_view key, std::string_view example) const;
  /// The value of `key` if it is a single value; otherwise nullptr, after reporting a list or a map.
  const YamlNode* FindScalar(std::string_view key) const;
  /// The items of a list, which must be single values, at least one. `or_one`: a single value counts as a list of one.
  std::vector<const YamlNode*> FindList(std::string_view key, bool or_one = false) const;

  /// Reads a single value into `out`, which is unchanged if the value is absent or invalid. `parse` takes the text and
  /// returns a Result.
  template <typename Parse, typename T>
  void Read(std::string_view key, Parse parse, T& out) const {
    if (const YamlNode* node = FindScalar(key)) Convert(*node, parse, out);
  }
  /// The same for a required key; `example` shows a valid value. Returns the node if `out` was set.
  template <typename Parse, typename T>
  const YamlNode* ReadNeeded(std::string_view key, std::string_view example, Parse parse, T& out) const {
    if (!Need(key, example)) return nullptr;
    const YamlNode* node = FindScalar(key);
    return node && Convert(*node, parse, out) ? node : nullptr;
  }
  /// The same for one node. False: the value is invalid, and that has been reported.
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
    const YamlNode* value;  // nullptr: already reported
  };

  void TakeEntry(const YamlNode& key, const YamlNode& value, std::span<const Key> keys);
  void RefuseUnknown(const YamlNode& key, std::span<const Key> keys) const;

  Report& report_;
  const YamlNode& node_;
  std::string what_;
  std::vector<Found> found_;
};

}  // namespace starlock::config
