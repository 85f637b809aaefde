#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "net/descriptor.h"

namespace starlock::net {

/// A kernel's pipe: bytes go through it from one socket to another by reference, and never into this process.
class Pipe {
 public:
  /// nullptr: there are no descriptors left, say.
  static std::unique_ptr<Pipe> Create();

  /// Bytes that went in and not yet out.
  size_t held() const { return held_; }
  /// Moves at most `most` bytes from `socket` into the pipe, without waiting. 0 or -1: none, and why is to be asked of
  /// recv: splice stops before an urgent byte, and then says what it says at an end.
  ssize_t Fill(int socket, size_t most);
  /// Moves what is held on to `socket` as far as it goes. -1: see errno.
  ssize_t Drain(int socket);

 private:
  Pipe(Descriptor out, Descriptor in) : out_(std::move(out)), in_(std::move(in)) {}

  Descriptor out_, in_;  ///< its ends: where bytes come out, where they go in
  size_t held_ = 0;
};

/// The pipes of one loop that nobody uses: a few, since only those who move bytes at this moment hold one.
class PipePool {
 public:
  std::unique_ptr<Pipe> Take();
  /// One that still holds bytes is closed with them.
  void GiveBack(std::unique_ptr<Pipe> pipe);

 private:
  std::vector<std::unique_ptr<Pipe>> free_;
};

}  // namespace starlock::net
