#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/reader.h"

namespace starlock::config {

/// A YAML document as it was written. Duplicate keys are kept, and every node has its position. Aliases share the node
/// that they name.
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

/// The largest text that ParseYaml accepts, in bytes.
inline constexpr size_t kMaxYamlSize = 1 << 20;

/// Parses `text`, which must be exactly one document; `path` is for messages. Fails if it is not YAML or exceeds a
/// limit (size, depth, nodes). For any input, time and memory are at most a small multiple of the text's size, and the
/// depth is bounded by a constant. The result is never nullptr.
Result<std::shared_ptr<const YamlNode>, Diagnostic> ParseYaml(std::string_view text, const std::string& path);

}  // namespace starlock::config
