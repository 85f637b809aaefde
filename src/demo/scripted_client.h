#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "demo/part.h"

namespace starlock::demo {

/// A client of a line protocol that follows a fixed list of steps. Each step is an expected answer and what to send
/// next.
class ScriptedClient : public Part {
 public:
  /// An error where the answer does not fit the next step.
  Result<Turn> OnUnit(std::string_view answer) override;

 protected:
  struct Step {
    std::string_view expect;  ///< the answer's beginning; refers to a literal
    Turn then;
    std::string_view must_contain = {};  ///< also required somewhere in the answer; refers to a literal
  };

  ScriptedClient();
  void Add(Step step) { steps_.push_back(std::move(step)); }
  /// How many steps are done: 0 while the client waits for the first answer.
  size_t done() const { return done_; }
  /// The step whose answer is awaited; nullptr: the script is over.
  const Step* next() const { return done_ == steps_.size() ? nullptr : &steps_[done_]; }
  /// Reads an answer that fits, before its step counts as done.
  virtual void Inspect(std::string_view /*answer*/) {}

 private:
  std::vector<Step> steps_;
  size_t done_ = 0;
};

}  // namespace starlock::demo
