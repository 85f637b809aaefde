#include "tls/record_layer.h"

#include <openssl/bio.h>
#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace starlock::tls {

/// The transport as BoringSSL sees it: reads take from the input chain, writes always succeed into the output.
struct RecordBio {
  static int Read(BIO* bio, char* out, int size) {
    auto* layer = static_cast<RecordLayer*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (layer->in_.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    size_t copied = 0;
    const auto wanted = static_cast<size_t>(size);
    while (copied < wanted && !layer->in_.empty()) {
      const std::string_view first = layer->in_.begin()->view();
      const size_t n = std::min(first.size(), wanted - copied);
      std::memcpy(out + copied, first.data(), n);
      layer->in_.Consume(n);
      copied += n;
    }
    return static_cast<int>(copied);
  }

  static int Write(BIO* bio, const char* data, int size) {
    auto* layer = static_cast<RecordLayer*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    layer->Emit({reinterpret_cast<const uint8_t*>(data), static_cast<size_t>(size)});
    return size;
  }

  static long Control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  static const BIO_METHOD* Method() {
    static const BIO_METHOD* const method = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index(), "records");
      if (made == nullptr || BIO_meth_set_read(made, &Read) != 1 || BIO_meth_set_write(made, &Write) != 1 ||
          BIO_meth_set_ctrl(made, &Control) != 1) {
        std::abort();
      }
      return made;
    }();
    return method;
  }
};

RecordLayer::RecordLayer(bssl::UniquePtr<SSL> ssl, buffer::SlabPool& pool) : pool_(pool), ssl_(std::move(ssl)) {
  bssl::UniquePtr<BIO> bio(BIO_new(RecordBio::Method()));
  if (!bio) std::abort();
  BIO_set_data(bio.get(), this);
  BIO_set_init(bio.get(), 1);
  BIO* both = bio.release();
  SSL_set_bio(ssl_.get(), both, both);  // takes one reference where they are the same
  SSL_set_shed_handshake_config(ssl_.get(), 1);
  SSL_set_renegotiate_mode(ssl_.get(), ssl_renegotiate_never);
}

RecordLayer::~RecordLayer() = default;

void RecordLayer::Emit(std::span<const uint8_t> ciphertext) {
  if (opening_) {
    late_.append(reinterpret_cast<const char*>(ciphertext.data()), ciphertext.size());
    return;
  }
  while (!ciphertext.empty()) {
    if (cut_used_ == cut_.tailroom()) {
      CommitOutput();
      cut_ = pool_.Reserve();
    }
    const size_t n = std::min(ciphertext.size(), cut_.tailroom() - cut_used_);
    std::memcpy(cut_.tail().data() + cut_used_, ciphertext.data(), n);
    cut_used_ += n;
    ciphertext = ciphertext.subspan(n);
  }
}

void RecordLayer::CommitOutput() {
  if (cut_used_ == 0) return;
  pool_.Commit(cut_, cut_used_);
  out_.Append(std::move(cut_));
  cut_ = buffer::Chunk();
  cut_used_ = 0;
}

buffer::Chain RecordLayer::TakeOutput() { return std::move(out_); }

void RecordLayer::CompactInput() {
  buffer::Chain input = std::move(in_);
  in_.AppendCompact(pool_, std::move(input));
}

RecordLayer::Status RecordLayer::Handshake() {
  const int result = SSL_do_handshake(ssl_.get());
  CommitOutput();
  return result == 1 ? Status::kDone : StatusOf(result);
}

RecordLayer::Status RecordLayer::Open(buffer::Chain& plain) {
  int result = 1;
  opening_ = true;
  while (result > 0) {
    buffer::Chunk chunk = pool_.Reserve();
    const std::span<uint8_t> tail = chunk.tail();
    size_t used = 0;
    while (used < tail.size()) {
      result =
          SSL_read(ssl_.get(), tail.data() + used, static_cast<int>(std::min<size_t>(tail.size() - used, INT_MAX)));
      if (result <= 0) break;
      used += static_cast<size_t>(result);
    }
    pool_.Commit(chunk, used);
    plain.Append(std::move(chunk));
  }
  opening_ = false;
  if (!late_.empty()) {
    const std::string late = std::exchange(late_, {});
    Emit({reinterpret_cast<const uint8_t*>(late.data()), late.size()});
    CommitOutput();
  }
  return StatusOf(result);
}

RecordLayer::Status RecordLayer::StatusOf(int result) const {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Status::kMore;
    case SSL_ERROR_ZERO_RETURN:
      return Status::kEnd;
    default:
      return Status::kFailed;
  }
}

bool RecordLayer::SealRecord(std::span<const uint8_t> plain) {
  const int result = SSL_write(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
  return result == static_cast<int>(plain.size()) && Rekey(plain.size());
}

bool RecordLayer::Rekey(size_t sealed) {
  sealed_ += sealed;
  if (sealed_ < rekey_after_ || SSL_version(ssl_.get()) != TLS1_3_VERSION) return true;
  sealed_ = 0;
  return SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1;
}

bool RecordLayer::Seal(buffer::Chain plain) {
  constexpr size_t kFull = SSL3_RT_MAX_PLAIN_LENGTH;
  bool ok = true;
  while (ok && !plain.empty()) {
    const std::span<const uint8_t> first(plain.begin()->data(), plain.begin()->size());
    if (first.size() >= kFull || first.size() == plain.size()) {
      const size_t n = std::min(first.size(), kFull);
      ok = SealRecord(first.first(n));
      plain.Consume(n);
      continue;
    }
    // Full records cost less, here and at the peer, than moving the bytes of short chunks together.
    std::array<uint8_t, kFull> together;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled below
    size_t used = 0;
    while (used < kFull && !plain.empty()) {
      const std::string_view part = plain.begin()->view().substr(0, kFull - used);
      std::memcpy(together.data() + used, part.data(), part.size());
      used += part.size();
      plain.Consume(part.size());
    }
    ok = SealRecord(std::span(together).first(used));
  }
  CommitOutput();
  return ok;
}

bool RecordLayer::SealEnd() {
  const int result = SSL_shutdown(ssl_.get());
  CommitOutput();
  return result >= 0;
}

void RecordLayer::SealAlert(uint8_t description) {
  if (SSL_send_fatal_alert(ssl_.get(), description) != 1) ERR_clear_error();
  CommitOutput();
}

}  // namespace starlock::tls
