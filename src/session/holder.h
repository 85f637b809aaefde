#pragma once

#include <memory>
#include <utility>

#include "net/loop.h"

namespace starlock::session {

/// Lets a loop destroy what is no Disposable itself, at the end of its turn.
template <typename T>
class Holder final : public net::Disposable {
 public:
  explicit Holder(std::unique_ptr<T> held) : held_(std::move(held)) {}

 private:
  std::unique_ptr<T> held_;
};

template <typename T>
void DisposeOf(net::Loop& loop, std::unique_ptr<T> object) {
  if (object) loop.Dispose(std::make_unique<Holder<T>>(std::move(object)));
}

}  // namespace starlock::session
