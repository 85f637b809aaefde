#include <array>
#include <cstdio>
#include <utility>

#include "tls/handshake_info.h"
#include "tls/openssl_errors.h"
#include "tls/tls_stream_impl.h"

namespace starlock::tls {
namespace {

// A record that begins a handshake, or an alert: all that TLS can begin with.
bool BeginsTls(uint8_t first, bool server_role) {
  return first == SSL3_RT_HANDSHAKE || (!server_role && first == SSL3_RT_ALERT);
}

Error NotTls(uint8_t first) {
  std::array<char, 64> text{};
  (void)std::snprintf(text.data(), text.size(), "the peer's first byte, 0x%02x, does not begin TLS", first);
  return {ErrorCode::kNotTls, text.data()};
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
        return Fail({ErrorCode::kHandshakeFailed, "the server did not agree to the application protocol (ALPN)"});
      }
      Established();
      return;
    case RecordLayer::Status::kMore:
      Flush();
      if (lower_ended_) Fail({ErrorCode::kHandshakeFailed, "the peer ended the connection in mid-handshake"});
      return;
    case RecordLayer::Status::kEnd:
      Fail({ErrorCode::kHandshakeFailed, "the peer sent close_notify in mid-handshake"});
      return;
    case RecordLayer::Status::kFailed:
      Fail(HandshakeError());
      return;
  }
}

Error TlsStream::Impl::HandshakeError() {
  // Whatever was wrong with a resumption, the next handshake shall not try it again.
  if (client_ != nullptr && family_ == nullptr) client_->impl().sessions.Clear();
  if (LatestSslErrorIs(SSL_R_CERTIFICATE_VERIFY_FAILED)) {
    (void)TakeErrors();
    return {ErrorCode::kVerifyFailed, verified_.reason};
  }
  Error error = TakeError(ErrorCode::kHandshakeFailed, "");
  if (error.detail.empty()) error.detail = "handshake failed";
  return error;
}

// A server that knows nothing of ALPN may be one of another protocol (CVE-2021-3618).
bool TlsStream::Impl::LacksAlpn() const {
  if (client_ == nullptr || !client_->impl().alpn_required) return false;
  const uint8_t* agreed = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(records_.ssl(), &agreed, &size);
  return size == 0;
}

void TlsStream::Impl::Established() {
  phase_ = Phase::kOpen;
  // First what was written first; where that is little, it goes out together with the handshake's last flight and
  // what the handler writes.
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
