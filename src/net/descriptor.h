#pragma once

#include <string_view>
#include <utility>

#include "base/error.h"

namespace starlock::net {

/// A file descriptor that is closed when its owner goes.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      Close();
      fd_ = other.Release();
    }
    return *this;
  }
  ~Descriptor() { Close(); }

  explicit operator bool() const { return fd_ >= 0; }
  int get() const { return fd_; }
  /// The descriptor, which is the caller's to close from now on.
  int Release() { return std::exchange(fd_, -1); }
  void Close();

 private:
  int fd_ = -1;
};

/// The error of a failed system call: `what` was being done, and the words for `number` (an errno).
Error SystemError(ErrorCode code, std::string_view what, int number);

/// The error that waits at a socket (SO_ERROR), which is thereby taken from it; 0: none.
int TakeSocketError(int fd);

}  // namespace starlock::net
