#include "config/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>

namespace starlock::config {
namespace {

constexpr size_t kMaxDepth = 32;
// An alias counts as many nodes as its anchor, so that nested aliases ("billion laughs") are refused early.
constexpr size_t kMaxNodes = 100'000;

// Our own refusals. They unwind through yaml-cpp like its parse errors; the type tells them apart.
class Refusal : public YAML::Exception {
 public:
  using YAML::Exception::Exception;
};

// Builds the tree from the parser's events.
class TreeBuilder : public YAML::EventHandler {
 public:
  std::shared_ptr<const YamlNode> root() const { return root_; }
  /// The innermost list or map that was open when the parser failed; nullptr: none.
  const YamlNode* innermost() const { return open_.empty() ? nullptr : open_.back().node.get(); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (!root_) return;
    const bool whole = root_->kind == YamlNode::Kind::kMap || root_->kind == YamlNode::Kind::kNull;
    throw Refusal(mark, whole ? "a second document begins here; a configuration is one document"
                              : "does not belong to the value above it; a configuration is one map");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { Leaf(YamlNode::Kind::kNull, mark, anchor, {}); }
  void OnScalar(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                const std::string& value) override {
    Leaf(YamlNode::Kind::kScalar, mark, anchor, value);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    Open(YamlNode::Kind::kList, mark, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    Open(YamlNode::Kind::kMap, mark, anchor);
  }
  void OnMapEnd() override { Close(); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Refusal(mark, "an alias inside its own anchor");
    Count(found->second.nodes, mark);
    Add(found->second.node);
  }

 private:
  struct Anchored {
    std::shared_ptr<const YamlNode> node;
    size_t nodes = 0;
  };
  struct Frame {
    std::shared_ptr<YamlNode> node;
    YAML::anchor_t anchor;
    size_t nodes_before = 0;
    std::shared_ptr<const YamlNode> key;  // of a map, until its value has been read
  };

  std::shared_ptr<YamlNode> Make(YamlNode::Kind kind, const YAML::Mark& mark) {
    Count(1, mark);
    auto node = std::make_shared<YamlNode>();
    node->kind = kind;
    node->line = mark.line + 1;
    node->column = mark.column + 1;
    return node;
  }

  void Leaf(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& text) {
    auto node = Make(kind, mark);
    node->text = text;
    if (anchor != 0) anchors_[anchor] = {node, 1};
    Add(std::move(node));
  }

  void Open(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (open_.size() == kMaxDepth) throw Refusal(mark, "nested too deeply; at most 32 levels");
    const size_t before = nodes_;
    open_.push_back({Make(kind, mark), anchor, before, nullptr});
  }

  void Close() {
    const Frame frame = std::move(open_.back());
    open_.pop_back();
    if (frame.anchor != 0) anchors_[frame.anchor] = {frame.node, nodes_ - frame.nodes_before};
    Add(frame.node);
  }

  void Add(std::shared_ptr<const YamlNode> node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = open_.back();
    if (frame.node->kind == YamlNode::Kind::kList) {
      frame.node->items.push_back(std::move(node));
    } else if (!frame.key) {
      frame.key = std::move(node);
    } else {
      frame.node->entries.push_back({std::move(frame.key), std::move(node)});
      frame.key = nullptr;
    }
  }

  void Count(size_t nodes, const YAML::Mark& mark) {
    nodes_ += nodes;
    if (nodes_ > kMaxNodes) throw Refusal(mark, "too many nodes; aliases count as what they repeat");
  }

  std::shared_ptr<const YamlNode> root_;
  std::vector<Frame> open_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  size_t nodes_ = 0;
};

Location PlaceOf(size_t offset, std::string_view text, const std::string& path) {
  const std::string_view before = text.substr(0, offset);
  const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {path, static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
          static_cast<int>(offset - line_start) + 1};
}

// Finds mistakes for which yaml-cpp's own message would be misleading.
std::optional<Diagnostic> FindMisleading(std::string_view text, const std::string& path) {
  if (text.size() > kMaxYamlSize) return Diagnostic{{path, 1, 1}, "larger than 1 MiB, the limit for a configuration"};
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return Diagnostic{PlaceOf(nul, text, path), "contains a NUL byte; a configuration is UTF-8 text"};
  }
  return std::nullopt;
}

// The first tab used as indentation, up to and including `last_line`.
std::optional<Location> FindTab(std::string_view text, const std::string& path, int last_line) {
  for (size_t start = 0, line = 1; start < text.size() && static_cast<int>(line) <= last_line; ++line) {
    const size_t content = std::min(text.find_first_not_of(" \t", start), text.size());
    const size_t tab = text.substr(start, content - start).find('\t');
    if (tab != std::string_view::npos) return PlaceOf(start + tab, text, path);
    start = std::min(text.find('\n', start), text.size() - 1) + 1;
  }
  return std::nullopt;
}

// yaml-cpp's messages for the most common mistakes, in plain words and with the remedy.
std::string InPlainWords(const std::string& message) {
  namespace said = YAML::ErrorMsg;
  struct Plain {
    const char* said;
    const char* plain;
  };
  static const Plain kPlain[] = {
      {said::MAP_VALUE, "unexpected ':'; check the indentation, or quote the value"},
      {said::END_OF_MAP, "is not aligned with the keys above it; check the indentation"},
      {said::END_OF_SEQ, "is not aligned with the list above it; check the indentation"},
      {said::END_OF_MAP_FLOW, "this '{' is not closed by '}'"},
      {said::END_OF_SEQ_FLOW, "this '[' is not closed by ']'"},
      {said::FLOW_END, "this ']' or '}' closes nothing"},
      {said::EOF_IN_SCALAR, "a quotation mark is not closed"},
      {said::UNKNOWN_TOKEN, "a value cannot begin with this character; quote the value"},
      {said::BLOCK_ENTRY, "unexpected '-': no list can begin here; check the indentation"},
  };
  for (const Plain& entry : kPlain) {
    if (message == entry.said) return entry.plain;
  }
  return fmt::format("not YAML: {}", message);
}

Diagnostic Describe(const YAML::Exception& e, const TreeBuilder& builder, std::string_view text,
                    const std::string& path) {
  if (const auto tab = FindTab(text, path, e.mark.line + 1))
    return {*tab, "indented by a tab; YAML allows only spaces"};
  const bool unclosed = e.msg == YAML::ErrorMsg::END_OF_MAP_FLOW || e.msg == YAML::ErrorMsg::END_OF_SEQ_FLOW;
  if (const YamlNode* node = builder.innermost(); node && unclosed) {
    return {{path, node->line, node->column}, InPlainWords(e.msg)};
  }
  return {{path, e.mark.line + 1, e.mark.column + 1}, InPlainWords(e.msg)};
}

}  // namespace

std::string_view KindName(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return "a single value";
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a map";
  }
  return "nothing";
}

Result<std::shared_ptr<const YamlNode>, Diagnostic> ParseYaml(std::string_view text, const std::string& path) {
  if (auto found = FindMisleading(text, path)) return std::move(*found);
  TreeBuilder builder;
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
    if (builder.root()) return builder.root();
    return Diagnostic{{path, 1, 1}, "empty; a configuration needs at least 'listeners'"};
  } catch (const Refusal& e) {
    return Diagnostic{{path, e.mark.line + 1, e.mark.column + 1}, e.msg};
  } catch (const YAML::Exception& e) {
    return Describe(e, builder, text, path);
  } catch (const std::exception& e) {
    return Diagnostic{{path, 1, 1}, fmt::format("not YAML: {}", e.what())};
  }
}

}  // namespace starlock::config
