#include "tls/record_internals.h"

#include <openssl/err.h>

#if __has_include(<ssl/internal.h>)

#include <ssl/internal.h>

#include <algorithm>
#include <array>

namespace starlock::tls::record_internals {
namespace {

bool HidesType(const bssl::SSLImpl& ssl) { return bssl::ssl_protocol_version(&ssl) >= TLS1_3_VERSION; }

// Checks fields before and after the pointer to the state, and the last ones.
bool ConnectionAgrees(const bssl::SSLImpl& ssl, const SSL* opaque) {
  return ssl.rbio.get() == SSL_get_rbio(opaque) && ssl.wbio.get() == SSL_get_wbio(opaque) &&
         ssl.ctx.get() == SSL_get_SSL_CTX(opaque) && ssl.mode == SSL_get_mode(opaque) &&
         ssl.options == SSL_get_options(opaque) && bool{ssl.server} == (SSL_is_server(opaque) == 1);
}

// Checks fields of the state around those used here.
bool StateAgrees(const bssl::SSL3_STATE& state, const SSL* opaque) {
  std::array<uint8_t, SSL3_RANDOM_SIZE> random{};
  (void)SSL_get_server_random(opaque, random.data(), random.size());
  const uint8_t* alpn = nullptr;
  unsigned alpn_size = 0;
  SSL_get0_alpn_selected(opaque, &alpn, &alpn_size);
  return std::ranges::equal(random, state.server_random) && state.version == SSL_version(opaque) &&
         bool{state.session_reused} == (SSL_session_reused(opaque) == 1) && state.hs == nullptr &&
         state.established_session.get() == SSL_get_session(opaque) && state.alpn_selected.size() == alpn_size &&
         (alpn_size == 0 || state.alpn_selected.data() == alpn);
}

// Checks the objects that the state points to.
bool CiphersAgree(const bssl::SSLImpl& ssl, const SSL* opaque) {
  const bssl::SSLAEADContext* write = ssl.s3->aead_write_ctx.get();
  const bssl::SSLAEADContext* read = ssl.s3->aead_read_ctx.get();
  if (write == nullptr || read == nullptr || write->is_null_cipher() || read->is_null_cipher()) return false;
  const size_t header = SSL3_RT_HEADER_LENGTH + (HidesType(ssl) ? 1 : 0);
  return write->cipher() == SSL_get_current_cipher(opaque) && read->cipher() == write->cipher() &&
         header + write->MaxOverhead() == SSL_max_seal_overhead(opaque);
}

}  // namespace

bool Built() { return true; }

bool Fit(const SSL* ssl) {
  if (SSL_in_init(ssl) != 0 || SSL_is_dtls(ssl) != 0 || SSL_is_quic(ssl) != 0) return false;
  const bssl::SSLImpl* impl = bssl::FromOpaque(ssl);
  return ConnectionAgrees(*impl, ssl) && StateAgrees(*impl->s3, ssl) && CiphersAgree(*impl, ssl);
}

bool CanOpen(const SSL* ssl) {
  const bssl::SSL3_STATE& state = *bssl::FromOpaque(ssl)->s3;
  return state.read_buffer.empty() && state.pending_app_data.empty();
}

// What SSL_read does with each record, without its buffer.
Opened Open(SSL* ssl, std::span<uint8_t> in) {
  bssl::SSLImpl* impl = bssl::FromOpaque(ssl);
  bssl::Span<uint8_t> body;
  size_t used = 0;
  uint8_t alert = SSL_AD_DECODE_ERROR;
  switch (bssl::ssl_open_app_data(impl, &body, &used, &alert, bssl::Span<uint8_t>(in.data(), in.size()))) {
    case bssl::ssl_open_record_success:
      impl->s3->key_update_count = 0;
      return {Result::kData, used, {body.data(), body.size()}};
    case bssl::ssl_open_record_discard:
      return {Result::kNothing, used, {}};
    case bssl::ssl_open_record_partial:
      return {Result::kPartial, used, {}};
    case bssl::ssl_open_record_close_notify:
      return {Result::kEnd, used, {}};
    case bssl::ssl_open_record_error:
      break;
  }
  if (alert != 0) bssl::ssl_send_alert(impl, SSL3_AL_FATAL, alert);
  return {Result::kFailed, used, {}};
}

bool CanSeal(const SSL* ssl) {
  const bssl::SSLImpl* impl = bssl::FromOpaque(ssl);
  const bssl::SSL3_STATE& state = *impl->s3;
  return state.write_shutdown == bssl::ssl_shutdown_none && state.hs == nullptr && state.pending_flight == nullptr &&
         state.pending_hs_data == nullptr && state.write_buffer.empty() && state.pending_write.empty() &&
         state.unreported_bytes_written == 0 && !state.alert_dispatch && !bssl::ssl_needs_record_splitting(impl);
}

Overhead OverheadOf(const SSL* ssl, size_t size) {
  const bssl::SSLImpl* impl = bssl::FromOpaque(ssl);
  const bssl::SSLAEADContext* aead = impl->s3->aead_write_ctx.get();
  size_t suffix = 0;
  // Fails only for sizes that no record has.
  if (!aead->SuffixLen(&suffix, size, HidesType(*impl) ? 1 : 0)) suffix = SIZE_MAX / 2;
  return {SSL3_RT_HEADER_LENGTH + aead->ExplicitNonceLen(), suffix};
}

// What SSL_write does with each record. BoringSSL has no function for this that accepts overlapping buffers.
bool Seal(SSL* ssl, const uint8_t* in, size_t size, uint8_t* out) {
  bssl::SSLImpl* impl = bssl::FromOpaque(ssl);
  bssl::SSL3_STATE& state = *impl->s3;
  bssl::SSLAEADContext* aead = state.aead_write_ctx.get();
  const bool hides_type = HidesType(*impl);
  const uint8_t type = SSL3_RT_APPLICATION_DATA;
  size_t length = 0;
  if (!aead->CiphertextLen(&length, size, hides_type ? 1 : 0)) return false;
  if (state.write_sequence + 1 == 0) {
    OPENSSL_PUT_ERROR(SSL, ERR_R_OVERFLOW);
    return false;
  }
  const uint16_t version = hides_type ? uint16_t{TLS1_2_VERSION} : state.version;
  uint8_t* const prefix = out - SSL3_RT_HEADER_LENGTH - aead->ExplicitNonceLen();
  prefix[0] = type;
  prefix[1] = static_cast<uint8_t>(version >> 8);
  prefix[2] = static_cast<uint8_t>(version);
  prefix[3] = static_cast<uint8_t>(length >> 8);
  prefix[4] = static_cast<uint8_t>(length);
  if (!aead->SealScatter(prefix + SSL3_RT_HEADER_LENGTH, out, out + size, type, version, state.write_sequence,
                         bssl::Span<const uint8_t>(prefix, SSL3_RT_HEADER_LENGTH), in, size,
                         hides_type ? &type : nullptr, hides_type ? 1 : 0)) {
    return false;
  }
  ++state.write_sequence;
  return true;
}

}  // namespace starlock::tls::record_internals

#else

#include <cstdlib>

namespace starlock::tls::record_internals {

bool Built() { return false; }
bool Fit(const SSL* /*ssl*/) { return false; }
bool CanOpen(const SSL* /*ssl*/) { return false; }
Opened Open(SSL* /*ssl*/, std::span<uint8_t> /*in*/) { std::abort(); }
bool CanSeal(const SSL* /*ssl*/) { return false; }
Overhead OverheadOf(const SSL* /*ssl*/, size_t /*size*/) { return {}; }
bool Seal(SSL* /*ssl*/, const uint8_t* /*in*/, size_t /*size*/, uint8_t* /*out*/) { std::abort(); }

}  // namespace starlock::tls::record_internals

#endif
