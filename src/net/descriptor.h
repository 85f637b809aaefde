#pragma once

#include <string_view>
#include <utility>

#include "base/error.h"

namespace starlock::net {

/// Owns a file descriptor.
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
  /// Gives up ownership: the caller closes the descriptor.
  int Release() { return std::exchange(fd_, -1); }
  void Close();

 private:
  int fd_ = -1;
};

/// The error of a failed system call: `what` failed, and the description of `number`, an errno.
Error SystemError(ErrorCode code, std::string_view what, int number);

/// Reads and clears the pending error of a socket (SO_ERROR): an errno, or 0 for none.
int TakeSocketError(int fd);

}  // namespace starlock::net
