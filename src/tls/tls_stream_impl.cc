#include "tls/tls_stream_impl.h"

#include <utility>

#include "tls/handshake_info.h"
#include "tls/openssl_errors.h"

namespace starlock::tls {

TlsStream::Impl::Impl(ServerContext* server, ClientContext* client, buffer::SlabPool& pool, buffer::Executor& executor,
                      std::unique_ptr<buffer::Stream> lower, TlsHandler* handler, std::shared_ptr<SessionFamily> family)
    : server_(server),
      client_(client),
      family_(std::move(family)),
      pool_(pool),
      executor_(executor),
      lower_(std::move(lower)),
      handshake_handler_(handler),
      handler_(handler),
      records_(NewSsl(), pool) {}

bssl::UniquePtr<SSL> TlsStream::Impl::NewSsl() {
  if (server_ != nullptr) return server_->impl().NewSsl(family_.get());
  return client_->impl().NewSsl(&verified_, family_.get());
}

void TlsStream::Impl::Start(buffer::Chain already_read) {
  lower_->SetHandler(this);
  const bool waiting = !already_read.empty();
  Feed(std::move(already_read));
  if (client_ != nullptr && records_.Handshake() != RecordLayer::Status::kMore) Fail(HandshakeError());
  Flush();
  if (waiting || closing_) PumpLater();
  WatchLower();
}

void TlsStream::Impl::Forget() {
  phase_ = Phase::kClosed;
  handler_ = nullptr;
}

// --- The owner's calls.

void TlsStream::Impl::SetHandler(buffer::StreamHandler* handler) {
  handler_ = handler;
  if (handler != handshake_handler_) handshake_handler_ = nullptr;
  if (handler == nullptr) {
    SetReading(false);
  } else if (closing_ || (reading_ && !AllDelivered())) {
    PumpLater();  // it must see what its predecessor left
  }
}

void TlsStream::Impl::SetTlsHandler(TlsHandler* handler) {
  SetHandler(handler);
  if (phase_ == Phase::kHandshake) handshake_handler_ = handler;
}

void TlsStream::Impl::SetReading(bool on) {
  if (reading_ == on || phase_ == Phase::kClosed) return;
  reading_ = on;
  WatchLower();
  // No event of the lower stream will report what is already here.
  if (on && (!AllDelivered() || lower_ended_)) PumpLater();
}

bool TlsStream::Impl::Write(buffer::Chain bytes) {
  if (our_end_ || closing_ || phase_ == Phase::kClosed || bytes.empty()) return true;
  if (phase_ == Phase::kHandshake) {
    unsent_.AppendCompact(pool_, std::move(bytes));
    blocked_ = unsent_.size() > buffer::kHighMark;
    return !blocked_;
  }
  if (peer_end_) answered_since_end_ = true;
  Seal(std::move(bytes));
  const bool room = Flush();
  if (!room) blocked_ = true;
  return room;
}

void TlsStream::Impl::End(buffer::StreamEnd end) {
  if (our_end_ || closing_ || phase_ == Phase::kClosed) return;
  our_end_ = end;
  if (phase_ == Phase::kOpen) SendEnd();
}

void TlsStream::Impl::Abort() {
  phase_ = Phase::kClosed;
  lower_->Abort();
  records_.DropInput();
  plain_.Clear();
  unsent_.Clear();
}

size_t TlsStream::Impl::queued() const { return unsent_.size() + lower_->queued(); }
size_t TlsStream::Impl::unacknowledged() const { return lower_->unacknowledged(); }

PeerInfo TlsStream::Impl::peer() const {
  if (client_ == nullptr) return {};
  return PeerOf(records_.ssl(), *client_->impl().verifier, verified_);
}

// --- The lower stream's events.

void TlsStream::Impl::OnData(buffer::Chain& in) {
  buffer::Chain all = std::move(in);
  if (phase_ == Phase::kClosed || peer_end_ || failed_) return;  // data after close_notify is ignored
  Feed(std::move(all));
  Pump();
}

void TlsStream::Impl::OnWritable() {
  if (phase_ != Phase::kOpen || !blocked_) return;
  blocked_ = false;
  if (handler_ != nullptr) handler_->OnWritable();
}

void TlsStream::Impl::OnEnd(buffer::StreamEnd /*end*/) {
  lower_ended_ = true;
  Pump();
}

void TlsStream::Impl::OnClosed(const Error& error) {
  lower_closed_ = true;
  if (!closing_) closing_ = Settled(error);
  Pump();
}

// A peer that has sent close_notify may close its socket without waiting for ours, which then causes a reset. That is
// an orderly end, unless we had more to send than our close_notify.
Error TlsStream::Impl::Settled(const Error& lower_error) const {
  if (phase_ == Phase::kHandshake && !lower_error) {
    return {ErrorCode::kHandshakeFailed, "the peer closed the connection during the handshake"};
  }
  const bool both_ended = peer_end_ == buffer::StreamEnd::kClean && our_end_sent_;
  if (lower_error.code == ErrorCode::kReset && both_ended && !answered_since_end_) return {};
  return lower_error;
}

// --- What follows from them.

void TlsStream::Impl::Pump() {
  if (phase_ == Phase::kHandshake && !closing_) Handshake();
  if (phase_ == Phase::kOpen) Read();
  ReportClosed();
  WatchLower();
}

void TlsStream::Impl::PumpLater() {
  if (std::exchange(pump_due_, true)) return;
  executor_.Defer([weak = weak_from_this()] {
    const std::shared_ptr<Impl> self = weak.lock();
    if (self == nullptr) return;
    self->pump_due_ = false;
    self->Pump();
  });
}

void TlsStream::Impl::WatchLower() {
  if (phase_ == Phase::kClosed || closing_ || lower_closed_) return;
  // After the peer's close_notify only its FIN is of interest.
  const bool want = phase_ == Phase::kHandshake || reading_ || peer_end_;
  if (std::exchange(lower_reading_, want) != want) lower_->SetReading(want);
}

// While reading is paused, input may wait for long, so it must not pin whole slabs.
void TlsStream::Impl::Settle() {
  buffer::Chain left = std::move(plain_);
  plain_.AppendCompact(pool_, std::move(left));
  records_.CompactInput();
}

bool TlsStream::Impl::Flush() {
  buffer::Chain out = records_.TakeOutput();
  if (out.empty() || lower_closed_) return true;
  return lower_->Write(std::move(out));
}

void TlsStream::Impl::Read() {
  if (!reading_ || handler_ == nullptr) {
    Settle();
    return;
  }
  if (peer_end_reported_) return;
  if (!peer_end_ && !failed_) Open();
  if (!plain_.empty()) handler_->OnData(plain_);
  if (!reading_) Settle();
  // The handler may have changed any of this.
  if (phase_ == Phase::kOpen && reading_ && handler_ != nullptr && plain_.empty()) ReportEnd();
}

void TlsStream::Impl::Open() {
  switch (records_.Open(plain_)) {
    case RecordLayer::Status::kDone:
    case RecordLayer::Status::kMore:
      if (lower_ended_) peer_end_ = buffer::StreamEnd::kTruncated;
      return;
    case RecordLayer::Status::kEnd:
      peer_end_ = buffer::StreamEnd::kClean;
      records_.DropInput();
      return;
    case RecordLayer::Status::kFailed:
      Fail(TakeError(ErrorCode::kTls, ""));
      return;
  }
}

void TlsStream::Impl::ReportEnd() {
  if (!peer_end_ || std::exchange(peer_end_reported_, true)) return;
  handler_->OnEnd(*peer_end_);
}

bool TlsStream::Impl::AllDelivered() const {
  if (!plain_.empty()) return false;
  if (peer_end_) return peer_end_reported_;
  return failed_ || phase_ == Phase::kHandshake || !records_.pending();
}

void TlsStream::Impl::Seal(buffer::Chain bytes) {
  if (records_.Seal(std::move(bytes))) return;
  Fail(TakeError(ErrorCode::kTls, "sending a record"));
  PumpLater();
}

void TlsStream::Impl::SendEnd() {
  our_end_sent_ = true;
  if (our_end_ == buffer::StreamEnd::kClean && !records_.SealEnd()) (void)TakeErrors();
  EndLower();
}

// The output already holds the alert, if BoringSSL sends one.
void TlsStream::Impl::Fail(Error error) {
  failed_ = true;
  if (!closing_) closing_ = std::move(error);
  unsent_.Clear();
  records_.DropInput();
  EndLower();
}

void TlsStream::Impl::EndLower() {
  buffer::Chain out = records_.TakeOutput();
  if (!lower_closed_) lower_->EndWith(std::move(out), buffer::StreamEnd::kClean);
}

void TlsStream::Impl::ReportClosed() {
  if (!closing_ || phase_ == Phase::kClosed || handler_ == nullptr || !AllDelivered()) return;
  phase_ = Phase::kClosed;
  handler_->OnClosed(*closing_);
}

}  // namespace starlock::tls
