// Passing bytes from one socket to another through a pipe (splice), without reading them.

#include <cerrno>
#include <utility>

#include "net/loop_impl.h"
#include "net/tcp_stream.h"

namespace starlock::net {
namespace {

// A splice of fewer bytes ends the bulk transfer.
constexpr size_t kMinPassed = size_t{16} * 1024;

// Whether a failed splice() is temporary or the pipe's fault, rather than an error of the socket.
bool IsHarmless(int number) { return number == EAGAIN || number == EINTR || number == EINVAL || number == ENOMEM; }

}  // namespace

// Passes input to the sink. False: nothing was passed, so the input must be read.
bool TcpStream::Pass() {
  const bool in_bulk = receive_size_ > kMinReceive;
  if (sink_ == nullptr || !in_bulk || !in_.empty() || !sink_->HasPipe()) return false;
  const ssize_t n = sink_->pipe_->Fill(poll_.fd(), loop_.impl().reads.Share(receive_size_, kMinReceive, loop_.now()));
  // splice() has taken the error from the socket. A recv() after it would report an end instead.
  if (n < 0 && !IsHarmless(errno)) Break(errno);
  if (n < static_cast<ssize_t>(kMinPassed)) receive_size_ = kMinReceive;
  if (n > 0) {
    loop_.impl().reads.Count(static_cast<size_t>(n), loop_.now());
    poll_.SetBulk(true);
    passed_ += static_cast<size_t>(n);
  }
  sink_->Forward();
  return n > 0;
}

// Whether bytes put into the pipe now would be sent next. If so, the stream has a pipe.
bool TcpStream::HasPipe() {
  if (!poll_.open() || end_ || error_ || !out_.empty()) return false;
  if (pipe_ == nullptr) pipe_ = loop_.impl().pipes.Take();
  return pipe_ != nullptr;
}

// Like Write: sends what it can immediately; the rest stays in the pipe.
void TcpStream::Forward() {
  SendPiped();
  Arm();
  stalled_ = stalled_ || queued() > buffer::kHighMark;
}

// Returns whether the pipe is empty, so that the queue after it can be sent.
bool TcpStream::SendPiped() {
  while (pipe_ != nullptr && pipe_->held() > 0) {
    const ssize_t n = pipe_->Drain(poll_.fd());
    if (n > 0 || (n < 0 && errno == EINTR)) continue;
    if (n == 0 || errno != EAGAIN) Break(n == 0 ? EIO : errno);
    return false;
  }
  pipe_.reset();
  return true;
}

}  // namespace starlock::net
