#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "cli/demo_part.h"

namespace starlock::cli {

/// An answer that a scripted client waits for, and what it says then.
struct Line {
  std::string expect;  ///< how the answer must begin
  Turn then;
  std::string must_list = {};  ///< and what must be in it
};

/// A client that follows a script: the base of the demonstration's clients of lines.
class ScriptedClient : public Part {
 public:
  Result<Turn> On(std::string_view answer) override;

 protected:
  void Then(Line line) { lines_.push_back(std::move(line)); }
  /// What is waited for; nullptr: nothing any more.
  const Line* awaited() const { return lines_.empty() ? nullptr : &lines_.front(); }
  /// Looks at an answer that fits.
  virtual void Look(std::string_view /*answer*/) {}

 private:
  std::deque<Line> lines_;
};

}  // namespace starlock::cli
