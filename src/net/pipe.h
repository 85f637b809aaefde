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

/// The pipes of one loop. Only those who move bytes at this moment hold one; but who waits for a slow peer may do so
/// for long, so there is a bound. The pool must outlive what it has lent.
class PipePool {
 public:
  static constexpr size_t kMost = 32;

  PipePool() = default;
  PipePool(const PipePool&) = delete;
  PipePool& operator=(const PipePool&) = delete;

  struct GiveBack {
    PipePool* pool = nullptr;
    void operator()(Pipe* pipe) const { pool->Return(std::unique_ptr<Pipe>(pipe)); }
  };
  /// A pipe that goes back to its pool by itself. One that still holds bytes is closed with them.
  using Lent = std::unique_ptr<Pipe, GiveBack>;

  /// nullptr: kMost are lent, or there are no descriptors left.
  Lent Take();
  size_t lent() const { return lent_; }

 private:
  void Return(std::unique_ptr<Pipe> pipe);

  std::vector<std::unique_ptr<Pipe>> free_;
  size_t lent_ = 0;
};

}  // namespace starlock::net
