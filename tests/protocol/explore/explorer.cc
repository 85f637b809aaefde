#include "explorer.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace starlock::test::explore {
namespace {

struct Node {
  std::unique_ptr<Model> model;
  size_t depth = 0;
};

class Search {
 public:
  Search(const Spec& spec, Modes modes, const Limits& limits) : spec_(spec), modes_(modes), limits_(limits) {}

  Findings Run() {
    queue_.push_back({std::make_unique<Model>(spec_, modes_), 0});
    if (!queue_.front().model->broken().empty()) Report(*queue_.front().model);
    while (!queue_.empty() && findings_.broken.empty() && findings_.executions < limits_.executions) {
      const Node node = std::move(queue_.front());
      queue_.pop_front();
      Expand(node);
    }
    findings_.complete = queue_.empty() && !cut_;
    return findings_;
  }

 private:
  // Makes every move in this state. Its answers to them are its signature.
  void Expand(const Node& node) {
    std::string signature = node.model->Abstract();
    std::vector<Node> children;
    for (const Move& move : node.model->Enabled(limits_.max_questions)) {
      auto child = Try(node, move);
      if (!child) return;
      signature += '\n';
      signature += child->seen();
      findings_.grants += static_cast<size_t>(child->ledger().grants - node.model->ledger().grants);
      if (!child->over()) children.push_back({std::move(child), node.depth + 1});
    }
    const bool is_new = seen_.insert(std::hash<std::string>()(signature)).second;
    if (!is_new && node.depth > limits_.unmerged) return;
    if (is_new) ++findings_.states;
    for (size_t i = 0; i < std::size(kAbandonments); ++i) {
      if (!Try(node, {Move::Kind::kAbandon, static_cast<uint8_t>(i)})) return;
    }
    findings_.depth = std::max(findings_.depth, node.depth);
    if (node.depth >= limits_.depth) {
      cut_ = cut_ || !children.empty();
      return;
    }
    for (Node& child : children) queue_.push_back(std::move(child));
  }

  std::unique_ptr<Model> Try(const Node& node, const Move& move) {
    ++findings_.executions;
    auto child = std::make_unique<Model>(spec_, modes_, *node.model);
    child->Make(move);
    if (child->broken().empty()) return child;
    Report(*child);
    return nullptr;
  }

  // Walks the path once more, for its transcript.
  void Report(const Model& model) {
    Model teller(spec_, modes_, true);
    const std::vector<Move> path = model.path();
    for (size_t i = teller.path().size(); i < path.size(); ++i) teller.Make(path[i]);
    findings_.broken = fmt::format("BROKEN: {}\n{}", model.broken(), teller.transcript());
  }

  const Spec& spec_;
  const Modes modes_;
  const Limits limits_;
  std::deque<Node> queue_;
  std::unordered_set<size_t> seen_;
  Findings findings_;
  bool cut_ = false;
};

}  // namespace

Findings Explore(const Spec& spec, Modes modes, const Limits& limits) { return Search(spec, modes, limits).Run(); }

const std::vector<Spec>& Specs() {
  static const std::vector<Spec> kSpecs = [] {
    std::vector<Spec> all;
    for (auto make : {LineSpecs, TaggedSpecs, BinarySpecs, XmlSpecs}) {
      for (Spec& spec : make()) all.push_back(std::move(spec));
    }
    return all;
  }();
  return kSpecs;
}

}  // namespace starlock::test::explore
