#include <fmt/format.h>

#include <utility>

#include "tls/handshake_info.h"
#include "tls/openssl_errors.h"
#include "tls/tls_stream_impl.h"

namespace starlock::tls {
namespace {

// A TLS stream begins with a handshake record, or in the client role with an alert.
bool BeginsTls(uint8_t first, bool server_role) {
  return first == SSL3_RT_HANDSHAKE || (!server_role && first == SSL3_RT_ALERT);
}

Error NotTls(uint8_t first) {
  return {ErrorCode::kNotTls, fmt::format("the peer's first byte is 0x{:02x}, which is not TLS", first)};
}

}  // namespace

void TlsStream::Impl::Feed(buffer::Chain in) {
  if (in.empty()) return;
  const uint8_t first = *in.begin()->data();
  if (!std::exchange(begun_, true) && !BeginsTls(first, server_ != nullptr)) {
    Fail(NotTls(first));
    return;
  }
  records_.Feed(std::move(in));
}

void TlsStream::Impl::Handshake() {
  switch (records_.Handshake()) {
    case RecordLayer::Status::kDone:
      if (LacksAlpn()) {
        records_.SealAlert(SSL_AD_NO_APPLICATION_PROTOCOL);
        return Fail({ErrorCode::kHandshakeFailed, "the server selected no application protocol (ALPN)"});
      }
      Established();
      return;
    case RecordLayer::Status::kMore:
      Flush();
      if (lower_ended_) Fail({ErrorCode::kHandshakeFailed, "the peer closed the connection during the handshake"});
      return;
    case RecordLayer::Status::kEnd:
      Fail({ErrorCode::kHandshakeFailed, "the peer sent close_notify during the handshake"});
      return;
    case RecordLayer::Status::kFailed:
      Fail(HandshakeError());
      return;
  }
}

Error TlsStream::Impl::HandshakeError() {
  // If resumption caused this, the next handshake must not try it again.
  if (client_ != nullptr && family_ == nullptr) client_->impl().sessions.Clear();
  if (LatestSslErrorIs(SSL_R_CERTIFICATE_VERIFY_FAILED)) {
    (void)TakeErrors();
    return {ErrorCode::kVerifyFailed, verified_.reason};
  }
  Error error = TakeError(ErrorCode::kHandshakeFailed, "");
  if (error.detail.empty()) error.detail = "TLS handshake failed";
  return error;
}

// A server that ignores ALPN may speak another protocol (ALPACA, CVE-2021-3618).
bool TlsStream::Impl::LacksAlpn() const {
  if (client_ == nullptr || !client_->impl().alpn_required) return false;
  const uint8_t* agreed = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(records_.ssl(), &agreed, &size);
  return size == 0;
}

void TlsStream::Impl::Established() {
  phase_ = Phase::kOpen;
  if (server_ != nullptr && family_ != nullptr) family_->impl().settled = true;
  // Data written during the handshake comes first. If there is little of it, it is sent together with the handshake's
  // last flight and what the handler writes.
  if (!unsent_.empty()) Seal(std::move(unsent_));
  if (our_end_) SendEnd();
  const bool was_blocked = blocked_;
  if (was_blocked) blocked_ = !Flush();
  const bool unblocked = was_blocked && !blocked_;
  if (TlsHandler* handler = std::exchange(handshake_handler_, nullptr)) handler->OnHandshake(InfoOf(records_.ssl()));
  if (phase_ == Phase::kClosed) return;
  Flush();
  if (unblocked && !blocked_ && handler_ != nullptr) handler_->OnWritable();
}

}  // namespace starlock::tls
