#include "net/pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace starlock::net {
namespace {

constexpr size_t kFreePipes = 8;
// A slot holds no more than one piece of a packet, however short, so there must be many.
constexpr int kCapacity = 1 << 20;

}  // namespace

std::unique_ptr<Pipe> Pipe::Create() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return nullptr;
  std::unique_ptr<Pipe> pipe(new Pipe(Descriptor(ends[0]), Descriptor(ends[1])));
  // A user may have only so much of all pipes together; a smaller one does as well, in more steps.
  static_cast<void>(fcntl(ends[1], F_SETPIPE_SZ, kCapacity));
  return pipe;
}

ssize_t Pipe::Fill(int socket, size_t most) {
  const ssize_t n = splice(socket, nullptr, in_.get(), nullptr, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  if (n > 0) held_ += static_cast<size_t>(n);
  return n;
}

ssize_t Pipe::Drain(int socket) {
  // Exactly what is there: where more is asked for, the kernel keeps the last packet back for it.
  const ssize_t n = splice(out_.get(), nullptr, socket, nullptr, held_, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  if (n > 0) held_ -= static_cast<size_t>(n);
  return n;
}

// New ones are made only where none is free, so that there are never more than kMost, free ones among them.
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
