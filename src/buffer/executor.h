#pragma once

#include <functional>

namespace starlock::buffer {

/// The loop, to those who must report something from it and know nothing else of it.
class Executor {
 public:
  virtual ~Executor() = default;
  /// Calls `task` at the end of the present turn. On the loop's thread only.
  virtual void Defer(std::function<void()> task) = 0;
};

}  // namespace starlock::buffer
