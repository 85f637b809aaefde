#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "buffer/chain.h"
#include "buffer/slab.h"

namespace starlock::tls {

/// TLS between two chains: ciphertext on one side, plaintext on the other, BoringSSL in between. All record I/O of a
/// stream goes through here, and only here. Knows neither the transport nor the owner, and calls nobody.
class RecordLayer {
 public:
  enum class Status : uint8_t {
    kDone,    ///< of Handshake: it is
    kMore,    ///< all that came has been used up; more is needed
    kEnd,     ///< the peer's close_notify; nothing behind it counts
    kFailed,  ///< fatal; the alert, where one is due, lies in the output, and the error queue says why
  };

  RecordLayer(bssl::UniquePtr<SSL> ssl, buffer::SlabPool& pool);
  ~RecordLayer();
  RecordLayer(const RecordLayer&) = delete;
  RecordLayer& operator=(const RecordLayer&) = delete;

  /// Adds what the transport brought.
  void Feed(buffer::Chain ciphertext) { in_.Append(std::move(ciphertext)); }
  /// What is to be sent, in order, all that was made since the last call.
  buffer::Chain TakeOutput();

  /// Goes on with the handshake as far as it can. Tickets and the last flight may stay behind, to go with the first
  /// data.
  Status Handshake();
  /// Opens all records that came and appends their data to `plain`. What precedes an end or a failure is in `plain`.
  Status Open(buffer::Chain& plain);
  /// Seals all of `plain`. False: fatal, see kFailed.
  bool Seal(buffer::Chain plain);
  /// Seals a close_notify. Nothing can be sealed after it; opening goes on.
  bool SealEnd();
  /// Seals a fatal alert, behind which nothing counts.
  void SealAlert(uint8_t description);

  /// Bytes that came and were not opened yet (a record that is still incomplete does not count).
  bool pending() const { return !in_.empty() || SSL_pending(ssl_.get()) > 0; }
  void DropInput() { in_.Clear(); }
  /// For input that will wait: makes it hold no more memory than it needs.
  void CompactInput();
  const SSL* ssl() const { return ssl_.get(); }

  /// Bytes sealed with one key before it is replaced, where the version can (RFC 8446, 5.5: at most 2^24.5 records of
  /// AES-GCM; this is 2^23 full ones).
  static constexpr uint64_t kRekeyAfter = uint64_t{1} << 37;
  void set_rekey_after(uint64_t bytes) { rekey_after_ = bytes; }

 private:
  friend struct RecordBio;
  Status StatusOf(int result) const;
  bool SealRecord(std::span<const uint8_t> plain);
  bool Rekey(size_t sealed);
  void Emit(std::span<const uint8_t> ciphertext);
  void CommitOutput();

  buffer::SlabPool& pool_;
  buffer::Chain in_;
  buffer::Chain out_;
  buffer::Chunk cut_;  ///< where output is being written, reserved but not yet committed
  size_t cut_used_ = 0;
  bool opening_ = false;  ///< the pool's reservation is the plaintext's, so output must wait in late_
  std::string late_;
  uint64_t sealed_ = 0;
  uint64_t rekey_after_ = kRekeyAfter;
  bssl::UniquePtr<SSL> ssl_;
};

}  // namespace starlock::tls
