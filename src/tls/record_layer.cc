#include "tls/record_layer.h"

#include <openssl/bio.h>
#include <openssl/err.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "tls/record_internals.h"

namespace starlock::tls {
namespace {

constexpr size_t kLargestRecord = SSL3_RT_MAX_PACKET_SIZE + 128;

}  // namespace

/// The BIO under BoringSSL: reads take from the input chain; writes go to the output and always succeed.
struct RecordBio {
  static int Read(BIO* bio, char* out, int size) {
    auto* layer = static_cast<RecordLayer*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (layer->in_.empty() || layer->hidden_) {
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

RecordLayer::RecordLayer(bssl::UniquePtr<SSL> ssl, buffer::SlabPool& pool, Path path)
    : pool_(pool), path_(path), ssl_(std::move(ssl)) {
  bssl::UniquePtr<BIO> bio(BIO_new(RecordBio::Method()));
  if (!bio) std::abort();
  BIO_set_data(bio.get(), this);
  BIO_set_init(bio.get(), 1);
  BIO* both = bio.release();
  SSL_set_bio(ssl_.get(), both, both);  // takes one reference if both are the same
  SSL_set_shed_handshake_config(ssl_.get(), 1);
  SSL_set_renegotiate_mode(ssl_.get(), ssl_renegotiate_never);
}

RecordLayer::~RecordLayer() = default;

// Contiguous space for `size` bytes after the output written so far.
uint8_t* RecordLayer::ReserveOutput(size_t size) {
  if (cut_.tailroom() - cut_used_ < size) {
    CommitOutput();
    cut_ = pool_.Reserve(buffer::Stay::kShort, size);
  }
  return cut_.tail().data() + cut_used_;
}

void RecordLayer::Emit(std::span<const uint8_t> ciphertext) {
  if (opening_) {
    late_.append(reinterpret_cast<const char*>(ciphertext.data()), ciphertext.size());
    return;
  }
  while (!ciphertext.empty()) {
    uint8_t* const place = ReserveOutput(1);
    const size_t n = std::min(ciphertext.size(), cut_.tailroom() - cut_used_);
    std::memcpy(place, ciphertext.data(), n);
    cut_used_ += n;
    ciphertext = ciphertext.subspan(n);
  }
}

void RecordLayer::CommitOutput() {
  if (cut_.tailroom() == 0) return;  // nothing is reserved
  pool_.Commit(cut_, std::exchange(cut_used_, 0));
  out_.Append(std::exchange(cut_, {}));
}

buffer::Chain RecordLayer::TakeOutput() { return std::move(out_); }

void RecordLayer::DropInput() {
  in_.Clear();
  incomplete_ = 0;
}

void RecordLayer::CompactInput() {
  buffer::Chain input = std::move(in_);
  in_.AppendCompact(pool_, std::move(input));
}

RecordLayer::Status RecordLayer::Handshake() {
  const int result = SSL_do_handshake(ssl_.get());
  CommitOutput();
  return result == 1 ? Status::kDone : StatusOf(result);
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

bool RecordLayer::in_place() {
  // A record, and the mark of one that waits (AwaitRest), must fit a slab.
  const auto fits = [this] { return pool_.slab_size() >= kLargestRecord && record_internals::Fit(ssl_.get()); };
  if (!std::exchange(checked_, true) && !fits()) path_ = Path::kPublic;
  return path_ == Path::kInPlace;
}

}  // namespace starlock::tls
