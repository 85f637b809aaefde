#pragma once

#include <memory>
#include <utility>

#include "net/loop.h"

namespace starlock::session {

/// Lets a loop destroy an object that is not a net::Disposable.
template <typename T>
class Holder final : public net::Disposable {
 public:
  explicit Holder(std::unique_ptr<T> held) : held_(std::move(held)) {}

 private:
  std::unique_ptr<T> held_;
};

/// Destroys `object` at the end of the loop's turn, because it may be on the call stack. nullptr: does nothing.
template <typename T>
void DisposeOf(net::Loop& loop, std::unique_ptr<T> object) {
  if (object) loop.Dispose(std::make_unique<Holder<T>>(std::move(object)));
}

}  // namespace starlock::session
