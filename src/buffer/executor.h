#pragma once

#include <functional>

namespace starlock::buffer {

/// The event loop, for layers that only need to defer a call.
class Executor {
 public:
  virtual ~Executor() = default;
  /// Calls `task` at the end of the current turn. Only on the loop's thread.
  virtual void Defer(std::function<void()> task) = 0;
};

}  // namespace starlock::buffer
