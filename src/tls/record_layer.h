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
  /// How records are opened and sealed once the handshake is done. Either way gives the same bytes, alerts and errors.
  enum class Path : uint8_t {
    kInPlace,  ///< where they lie (record_internals.h), or, where that can't be, as kPublic
    kPublic,   ///< by SSL_read and SSL_write, which copy
  };

  RecordLayer(bssl::UniquePtr<SSL> ssl, buffer::SlabPool& pool, Path path = Path::kInPlace);
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
  /// Seals all of `plain`. False: fatal, see kFailed. A chunk of at most 16384 bytes that has room() around it is
  /// sealed where it lies.
  bool Seal(buffer::Chain plain);
  /// Seals a close_notify. Nothing can be sealed after it; opening goes on.
  bool SealEnd();
  /// Seals a fatal alert, behind which nothing counts.
  void SealAlert(uint8_t description);

  /// How bytes that are to be sealed should lie, once the handshake is done.
  buffer::Room room();
  /// Bytes that came and were not opened yet (a record that is still incomplete does not count).
  bool pending() const { return in_.size() > incomplete_ || SSL_pending(ssl_.get()) > 0; }
  void DropInput();
  /// For input that will wait: makes it hold no more memory than it needs.
  void CompactInput();
  const SSL* ssl() const { return ssl_.get(); }
  /// Whether records are opened and sealed where they lie, once the handshake is done.
  bool in_place();

  /// Bytes sealed with one key before it is replaced, where the version can (RFC 8446, 5.5: at most 2^24.5 records of
  /// AES-GCM; this is 2^23 full ones).
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
  bool CanSealWhereItLies(const buffer::Chunk& chunk);
  bool SealWhereItLies(buffer::Chunk chunk);
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
  size_t incomplete_ = 0;  ///< so much of in_ is the beginning of a record, known to be incomplete
  bool hidden_ = false;    ///< BoringSSL shall find no input
  bool checked_ = false;   ///< path_ is settled
  bool opening_ = false;   ///< the pool's reservation is the plaintext's, so output must wait in late_
  Path path_;
  buffer::Chain out_;
  buffer::Chunk cut_;  ///< where output is being written, reserved but not yet committed
  size_t cut_used_ = 0;
  std::string late_;
  uint64_t sealed_ = 0;
  uint64_t rekey_after_ = kRekeyAfter;
  bssl::UniquePtr<SSL> ssl_;
};

}  // namespace starlock::tls
