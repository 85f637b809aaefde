#include "net/pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace starlock::net {
namespace {

constexpr size_t kFreePipes = 8;
// Bytes. A pipe has a limited number of slots, each for one fragment of a packet, however short.
constexpr int kCapacity = 1 << 20;

}  // namespace

std::unique_ptr<Pipe> Pipe::Create() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return nullptr;
  std::unique_ptr<Pipe> pipe(new Pipe(Descriptor(ends[0]), Descriptor(ends[1])));
  // May fail at the per-user limit (pipe-user-pages-soft). A smaller pipe works too, in more steps.
  static_cast<void>(fcntl(ends[1], F_SETPIPE_SZ, kCapacity));
  return pipe;
}

ssize_t Pipe::Fill(int socket, size_t most) {
  const ssize_t n = splice(socket, nullptr, in_.get(), nullptr, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  if (n > 0) held_ += static_cast<size_t>(n);
  return n;
}

ssize_t Pipe::Drain(int socket) {
  // Asks for exactly what is held: if more is requested, the kernel holds back the last packet (MSG_MORE).
  const ssize_t n = splice(out_.get(), nullptr, socket, nullptr, held_, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  if (n > 0) held_ -= static_cast<size_t>(n);
  return n;
}

// Makes a new pipe only if none is free, so that there are never more than kMost pipes, lent or free.
PipePool::Lent PipePool::Take() {
  if (lent_ == kMost) return nullptr;
  std::unique_ptr<Pipe> pipe;
  if (free_.empty()) {
    pipe = Pipe::Create();
    if (pipe == nullptr) return nullptr;
  } else {
    pipe = std::move(free_.back());
    free_.pop_back();
  }
  ++lent_;
  return Lent(pipe.release(), GiveBack{this});
}

void PipePool::Return(std::unique_ptr<Pipe> pipe) {
  --lent_;
  if (pipe->held() == 0 && free_.size() < kFreePipes) free_.push_back(std::move(pipe));
}

}  // namespace starlock::net
