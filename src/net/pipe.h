#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "net/descriptor.h"

namespace starlock::net {

/// A kernel pipe for splice(2): bytes go from one socket to another without passing through this process.
class Pipe {
 public:
  /// nullptr: no pipe could be made, for example because no descriptor is left.
  static std::unique_ptr<Pipe> Create();

  /// Bytes in the pipe.
  size_t held() const { return held_; }
  /// Moves at most `most` bytes from `socket` into the pipe, without blocking. 0 or -1: no bytes; call recv() for the
  /// reason. (splice() returns the same before an urgent byte as at the end of the stream.)
  ssize_t Fill(int socket, size_t most);
  /// Moves as many of the held bytes to `socket` as it accepts. -1: see errno.
  ssize_t Drain(int socket);

 private:
  Pipe(Descriptor out, Descriptor in) : out_(std::move(out)), in_(std::move(in)) {}

  Descriptor out_, in_;  ///< the read end, the write end
  size_t held_ = 0;
};

/// The pipes of one loop. A stream borrows one only while bytes are in it. A slow peer can make that long, so the
/// number is bounded. The pool must outlive what it has lent.
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
  /// A borrowed pipe, returned to its pool on destruction. A pipe that still holds bytes is closed instead.
  using Lent = std::unique_ptr<Pipe, GiveBack>;

  /// nullptr: kMost are lent, or no descriptor is left.
  Lent Take();
  size_t lent() const { return lent_; }

 private:
  void Return(std::unique_ptr<Pipe> pipe);

  std::vector<std::unique_ptr<Pipe>> free_;
  size_t lent_ = 0;
};

}  // namespace starlock::net
