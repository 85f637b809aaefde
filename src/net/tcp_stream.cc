#include "net/tcp_stream.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "buffer/slab.h"
#include "net/loop_impl.h"
#include "net/receive.h"
#include "net/socket_options.h"

namespace starlock::net {
namespace {

using std::chrono::milliseconds;

constexpr size_t kVectors = 64;  // per sendmsg
constexpr milliseconds kFirstAckInterval{2};
constexpr milliseconds kLastAckInterval{100};
constexpr milliseconds kAckTimeout{5000};

// The number of bytes that ioctl `request` reports for a socket; 0 if it fails.
int Count(int fd, unsigned long request) {
  int count = 0;
  return ioctl(fd, request, &count) == 0 ? count : 0;
}

// `last`: our FIN follows, so the kernel may hold back the last bytes for it (MSG_MORE).
ssize_t SendChain(int fd, const buffer::Chain& chain, bool last, size_t& offered) {
  std::array<iovec, kVectors> pieces;  // NOLINT(cppcoreguidelines-pro-type-member-init): 1 KiB, every send
  size_t count = 0;
  offered = 0;
  for (const buffer::Chunk& chunk : chain) {
    if (count == pieces.size()) break;
    pieces[count++] = {const_cast<uint8_t*>(chunk.data()), chunk.size()};
    offered += chunk.size();
  }
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = count;
  return sendmsg(fd, &message, MSG_NOSIGNAL | (last ? MSG_MORE : 0));
}

}  // namespace

Result<std::unique_ptr<TcpStream>> TcpStream::Adopt(Loop& loop, Descriptor socket) {
  PrepareSocket(socket.get());
  Poll poll;
  if (Error error = poll.Open(loop, std::move(socket), Poll::kRead, nullptr)) return error;
  return Adopt(loop, std::move(poll));
}

std::unique_ptr<TcpStream> TcpStream::Adopt(Loop& loop, Poll poll) {
  return std::unique_ptr<TcpStream>(new TcpStream(loop, std::move(poll)));
}

// Changes of the watch reach the kernel only at the end of the turn. By then, most streams have reading on again, so no
// system call is needed.
TcpStream::TcpStream(Loop& loop, Poll poll) : loop_(loop), poll_(std::move(poll)), report_(loop, [this] { Report(); }) {
  poll_.SetWatcher(this);
  poll_.Watch(0);
}
TcpStream::~TcpStream() = default;

SocketAddress TcpStream::local() const {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  if (!poll_.open() || getsockname(poll_.fd(), address, &size) != 0) return {};
  return {address, size};
}

TcpStream* TcpStream::Of(buffer::Stream* stream) {
  return stream != nullptr ? static_cast<TcpStream*>(stream->transport()) : nullptr;
}

SocketAddress LocalAddressOf(buffer::Stream& stream) {
  const TcpStream* tcp = TcpStream::Of(&stream);
  return tcp != nullptr ? tcp->local() : SocketAddress();
}

// --- The owner's calls. None of them calls the handler: reports are scheduled.

void TcpStream::SetHandler(buffer::StreamHandler* handler) {
  handler_ = handler;
  if (handler_ == nullptr) {
    reading_ = false;
  } else if (owes_closed_ || error_) {
    report_.Schedule();
  }
  Arm();
}

void TcpStream::SetReading(bool on) {
  if (on == reading_) return;
  reading_ = on;
  if (!on) {
    receive_size_ = kMinReceive;
    return;  // the poll stays armed until its next event: most pauses end sooner, which saves system calls
  }
  if (!in_.empty() || fin_ || error_) report_.Schedule();
  Arm();
}

bool TcpStream::Write(buffer::Chain bytes) {
  if (!poll_.open() || end_ || error_) return true;  // dropped
  if (!HasOutput()) {
    out_ = std::move(bytes);
    Send();
    bytes = std::move(out_);
  }
  out_.AppendCompact(loop_.pool(), std::move(bytes));
  Arm();
  if (queued() <= buffer::kHighMark) return true;
  stalled_ = true;
  return false;
}

void TcpStream::End(buffer::StreamEnd end) {
  if (!poll_.open() || end_ || error_) return;
  end_ = end;
  if (!HasOutput()) EndWriting();
}

void TcpStream::EndWith(buffer::Chain bytes, buffer::StreamEnd end) {
  if (!poll_.open() || end_ || error_) return;
  const bool first = !HasOutput();
  out_.AppendCompact(loop_.pool(), std::move(bytes));
  end_ = end;
  if (first) Send();
  Arm();
}

void TcpStream::Abort() {
  handler_ = nullptr;
  Reset();
}

size_t TcpStream::queued() const { return (pipe_ ? pipe_->held() : 0) + out_.size(); }

size_t TcpStream::unacknowledged() const {
  return poll_.open() ? static_cast<size_t>(std::max(0, Count(poll_.fd(), SIOCOUTQ))) : 0;
}

// --- The loop's calls.

void TcpStream::OnReady(unsigned events) {
  const bool failed = (events & Poll::kError) != 0;
  if (HasOutput() && (failed || (events & Poll::kWrite) != 0)) Send();
  if (Reads() && !fin_) {
    if (failed || (events & Poll::kRead) != 0) Receive();
  } else if (failed && !error_) {
    if (const int number = TakeSocketError(poll_.fd()); number != 0) Break(number);
  } else if ((events & Poll::kRead) != 0) {
    poll_.Watch(poll_.watched() & ~unsigned{Poll::kRead});
  }
  Report();
}

void TcpStream::Receive() {
  if (Pass()) return;
  const size_t share = loop_.impl().reads.Share(receive_size_, kMinReceive, loop_.now());
  const Received got = net::Receive(poll_.fd(), loop_.pool(), room_, share, in_);
  const bool bulk = got.size >= ReadBudget::kInteractive;
  if (bulk || !poll_.bulk())
    loop_.impl().reads.Count(got.size, loop_.now());  // a short read at the end of a bulk transfer is not interactive
  poll_.SetBulk(bulk);
  if (got.size > 0) {
    const bool unlimited = share == receive_size_ || receive_size_ == kMinReceive;
    if (got.size == got.offered && unlimited) receive_size_ = std::min(2 * receive_size_, kMaxReceive);
  } else if (got.error == 0) {
    // After the socket's error has been read, the kernel reports end of stream instead.
    (error_ ? exhausted_ : fin_) = true;
  } else if (got.error != EAGAIN) {
    Break(got.error);
    exhausted_ = true;
  }
}

void TcpStream::Send() {
  if (!SendPiped()) return;
  while (!out_.empty()) {
    size_t offered = 0;
    const ssize_t n = SendChain(poll_.fd(), out_, end_ == buffer::StreamEnd::kClean, offered);
    if (n < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) Break(errno);
      return;
    }
    out_.Consume(static_cast<size_t>(n));
    if (static_cast<size_t>(n) < offered) return;
  }
  if (end_) EndWriting();
}

void TcpStream::Arm() {
  if (!poll_.open()) return;
  unsigned wanted = 0;
  if (Reads() && !fin_ && !exhausted_) wanted |= Poll::kRead;
  if (HasOutput()) {
    wanted |= Poll::kWrite;
    poll_.SetBulk(true);
  }
  if (!fin_ && !error_) wanted |= poll_.watched() & Poll::kRead;
  poll_.Watch(wanted);
}

// The connection is lost. Bytes received before can still be read, and go to the owner.
void TcpStream::Break(int number) {
  if (error_) return;
  error_ = SystemError(ErrorCode::kReset, "connection lost", number);
  pipe_.reset();
  out_.Clear();
  acknowledgement_.reset();
  if (fin_ || Count(poll_.fd(), SIOCINQ) == 0) exhausted_ = true;
  report_.Schedule();
}

// --- The handler's calls: only from here, and only from the loop. A handler may do anything except destroy the stream,
// --- so the state is checked again after each call.

void TcpStream::Report() {
  report_.Cancel();
  if (Reads() && !in_.empty()) ShowBytes();
  if (passed_ > 0 && handler_ != nullptr) {
    handler_->OnPassed(std::exchange(passed_, 0), sink_ == nullptr || !sink_->stalled_);
  }
  if (stalled_ && queued() <= buffer::kLowMark && handler_ != nullptr && !end_ && !error_ && poll_.open()) {
    stalled_ = false;
    handler_->OnWritable();
  }
  if (Reads() && fin_ && !end_reported_ && in_.empty()) {
    end_reported_ = true;
    handler_->OnEnd(buffer::StreamEnd::kClean);
  }
  ReportClosed();
  Arm();
}

void TcpStream::ShowBytes() {
  buffer::StreamHandler* const shown = handler_;
  handler_->OnData(in_);
  // A handler that was set during this call must see what its predecessor left. (Bytes that the same handler left with
  // reading on are reported with the next ones: reporting them now would loop for ever.)
  if (Reads() && !in_.empty() && handler_ != shown) report_.Schedule();
  if (!Reads() && !in_.empty()) {
    buffer::Chain left = std::move(in_);
    in_.AppendCompact(loop_.pool(), std::move(left));
  }
}

void TcpStream::ReportClosed() {
  if (poll_.open()) {
    const bool broken = error_ && exhausted_ && in_.empty() && (!fin_ || end_reported_);
    const bool ended = end_reported_ && shut_;
    if (!broken && !ended) return;
    poll_.Close();
    owes_closed_ = true;
  }
  if (!owes_closed_ || handler_ == nullptr) return;
  owes_closed_ = false;
  std::exchange(handler_, nullptr)->OnClosed(error_);
}

// --- Ending our direction.

// The queue is sent. Also called from inside the owner's calls, so it only schedules reports.
void TcpStream::EndWriting() {
  if (*end_ == buffer::StreamEnd::kTruncated) {
    if (acknowledgement_ != nullptr) return;
    ack_interval_ = kFirstAckInterval;
    ack_deadline_ = loop_.now() + kAckTimeout;
    acknowledgement_ = std::make_unique<Timer>(loop_, [this] { AwaitAcknowledgement(); });
    acknowledgement_->Start(milliseconds(0));
    return;
  }
  // If the peer has ended too, closing the socket sends the FIN.
  if (end_reported_ || shutdown(poll_.fd(), SHUT_WR) == 0) {
    shut_ = true;
    if (end_reported_) report_.Schedule();
    return;
  }
  const int number = errno;
  const int reason = TakeSocketError(poll_.fd());
  Break(reason != 0 ? reason : number);
}

// No event reports that the peer has acknowledged everything, so this polls, at growing intervals.
void TcpStream::AwaitAcknowledgement() {
  if (const int number = TakeSocketError(poll_.fd()); number != 0) {
    Break(number);
    return;
  }
  if (Count(poll_.fd(), SIOCOUTQ) == 0 || loop_.now() >= ack_deadline_) {
    Reset();
    owes_closed_ = true;
    Report();
    return;
  }
  acknowledgement_->Start(ack_interval_);
  ack_interval_ = std::min(2 * ack_interval_, kLastAckInterval);
}

void TcpStream::Reset() {
  if (!poll_.open()) return;
  const linger at_once{1, 0};
  static_cast<void>(setsockopt(poll_.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)));
  poll_.Close();
  pipe_.reset();
  out_.Clear();
  acknowledgement_.reset();
}

}  // namespace starlock::net
