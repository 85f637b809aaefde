#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "buffer/chain.h"
#include "buffer/slab.h"
#include "buffer/stream.h"

namespace starlock::tls {

/// TLS between two chains: ciphertext on one side, plaintext on the other. All record I/O of a stream goes through this
/// class. It knows neither the transport nor the owner, and has no callbacks.
class RecordLayer {
 public:
  enum class Status : uint8_t {
    kDone,    ///< only from Handshake: it is complete
    kMore,    ///< all input is consumed; more is needed
    kEnd,     ///< the peer's close_notify; later input is ignored
    kFailed,  ///< fatal error; the alert, if any, is in the output, and the error queue has the reason
  };
  /// How records are opened and sealed once the handshake is done. Both give the same bytes, alerts and errors.
  enum class Path : uint8_t {
    kInPlace,  ///< in place (record_internals.h); falls back to kPublic if that is impossible
    kPublic,   ///< by SSL_read and SSL_write, which copy
  };

  RecordLayer(bssl::UniquePtr<SSL> ssl, buffer::SlabPool& pool, Path path = Path::kInPlace);
  ~RecordLayer();
  RecordLayer(const RecordLayer&) = delete;
  RecordLayer& operator=(const RecordLayer&) = delete;

  /// Adds input from the transport.
  void Feed(buffer::Chain ciphertext) { in_.Append(std::move(ciphertext)); }
  /// The output since the last call, to be sent in order.
  buffer::Chain TakeOutput();

  /// Continues the handshake. Tickets and the last flight may be held back, to be sent with the first data.
  Status Handshake();
  /// Opens all complete records and appends their data to `plain`, also the data before an end or a failure.
  Status Open(buffer::Chain& plain);
  /// Seals all of `plain`. False: fatal, see kFailed. A chunk of at most 16384 bytes with room() around it is sealed in
  /// place.
  bool Seal(buffer::Chain plain);
  /// Seals a close_notify. Nothing can be sealed after it; records can still be opened.
  bool SealEnd();
  /// Seals a fatal alert. Nothing must be sealed after it.
  void SealAlert(uint8_t description);

  /// The layout that lets Seal work in place; known once the handshake is done.
  buffer::Room room();
  /// Whether input can be opened now: it is not just an incomplete record.
  bool pending() const { return in_.size() > incomplete_ || SSL_pending(ssl_.get()) > 0; }
  void DropInput();
  /// Copies input that will wait for long out of shared slabs, so that it pins no more memory than it needs.
  void CompactInput();
  const SSL* ssl() const { return ssl_.get(); }
  /// Whether records are opened and sealed in place; known once the handshake is done.
  bool in_place();

  /// Bytes sealed with one key before a key update (TLS 1.3 only). RFC 8446, 5.5 allows 2^24.5 records of AES-GCM; this
  /// is 2^23 full ones.
  static constexpr uint64_t kRekeyAfter = uint64_t{1} << 37;
  void set_rekey_after(uint64_t bytes) { rekey_after_ = bytes; }

 private:
  friend struct RecordBio;
  Status StatusOf(int result) const;

  // record_open.cc
  Status OpenInPlace(buffer::Chain& plain);
  Status OpenByReading(buffer::Chain& plain);
  bool AwaitRest(size_t whole);
  Status HandleMessages();

  // record_seal.cc
  bool CanSealInPlace(const buffer::Chunk& chunk);
  bool SealInPlace(buffer::Chunk chunk);
  bool SealFront(buffer::Chain& plain, size_t size);
  bool SealToOutput(const buffer::Chain& plain, size_t size);
  bool SealByWriting(const buffer::Chain& plain, size_t size);
  bool ReadyToSeal();
  bool Rekey(size_t sealed);

  uint8_t* ReserveOutput(size_t size);
  void Emit(std::span<const uint8_t> ciphertext);
  void CommitOutput();

  buffer::SlabPool& pool_;
  buffer::Chain in_;
  size_t incomplete_ = 0;  ///< bytes at the front of in_ known to be an incomplete record
  bool hidden_ = false;    ///< reads of BoringSSL find no input
  bool checked_ = false;   ///< path_ is final
  bool opening_ = false;   ///< the pool's reservation is in use for plaintext, so output goes to late_
  Path path_;
  buffer::Chain out_;
  buffer::Chunk cut_;  ///< reserved for output and not yet committed
  size_t cut_used_ = 0;
  std::string late_;
  uint64_t sealed_ = 0;
  uint64_t rekey_after_ = kRekeyAfter;
  bssl::UniquePtr<SSL> ssl_;
};

}  // namespace starlock::tls
