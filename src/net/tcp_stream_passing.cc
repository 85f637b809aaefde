// From one socket to another through a pipe, where neither needs to see what it is.

#include <cerrno>
#include <utility>

#include "net/loop_impl.h"
#include "net/tcp_stream.h"

namespace starlock::net {
namespace {

// Less than this at a time is no bulk any more.
constexpr size_t kLeastPassed = size_t{16} * 1024;

// Whether a failed splice says something about the pipe or the moment, and nothing about the socket.
bool IsHarmless(int number) { return number == EAGAIN || number == EINTR || number == EINVAL || number == ENOMEM; }

}  // namespace

// False: nothing has moved, so what there is must be read.
bool TcpStream::Pass() {
  const bool in_bulk = offer_ > kLeastOffer;
  if (sink_ == nullptr || !in_bulk || !in_.empty() || !sink_->HasPipe()) return false;
  const ssize_t n = sink_->pipe_->Fill(poll_.fd(), loop_.ReadingShare(offer_, kLeastOffer));
  // splice has taken the error from the socket. A recv after it would see an end in its place.
  if (n < 0 && !IsHarmless(errno)) Break(errno);
  if (n < static_cast<ssize_t>(kLeastPassed)) offer_ = kLeastOffer;
  if (n > 0) {
    loop_.CountRead(static_cast<size_t>(n));
    poll_.SetBulk(true);
    passed_ += static_cast<size_t>(n);
  }
  sink_->Forward();
  return n > 0;
}

// Whether what goes through a pipe now would be next to be sent; and then there is one.
bool TcpStream::HasPipe() {
  if (!poll_.open() || end_ || error_ || !out_.empty()) return false;
  if (pipe_ == nullptr) pipe_ = loop_.impl().pipes.Take();
  return pipe_ != nullptr;
}

// As Write: sends at once what it can, and keeps the rest where it is.
void TcpStream::Forward() {
  SendPiped();
  Arm();
  stalled_ = stalled_ || queued() > kHighMark;
}

// Whether nothing is left in a pipe, so that what is queued behind it may follow.
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
