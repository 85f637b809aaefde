#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/reader.h"

namespace starlock::config {

/// A YAML document as it was written: keys that occur twice are still there twice, and every node knows its place.
/// Aliases share the node that they name.
struct YamlNode {
  enum class Kind : uint8_t { kNull, kScalar, kList, kMap };
  struct Entry {
    std::shared_ptr<const YamlNode> key;
    std::shared_ptr<const YamlNode> value;
  };

  Kind kind = Kind::kNull;
  int line = 0;
  int column = 0;
  std::string text;                                    ///< of a scalar
  std::vector<std::shared_ptr<const YamlNode>> items;  ///< of a list
  std::vector<Entry> entries;                          ///< of a map
};

/// `a list`, `a map`, `a single value`, `nothing`.
std::string_view KindName(YamlNode::Kind kind);

/// Parses the one document that `text` must be. nullptr: not YAML, or more of it than a configuration can need, and
/// `error` says so. The work and the memory are bounded by a small multiple of the text's size, and the depth by a
/// constant, whatever the text holds.
std::shared_ptr<const YamlNode> ParseYaml(std::string_view text, const std::string& path, Diagnostic& error);

}  // namespace starlock::config
