// Output: plaintext becomes records.

#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "tls/record_internals.h"
#include "tls/record_layer.h"

namespace starlock::tls {
namespace {

constexpr size_t kFull = SSL3_RT_MAX_PLAIN_LENGTH;
// A chunk of at least this size becomes a record of its own, which costs less than copying it. Smaller chunks are
// copied together into full records, which cost less here and at the peer.
constexpr size_t kLarge = 4096;

bool HasRoom(const buffer::Chunk& chunk, const record_internals::Overhead& overhead) {
  return chunk.headroom() >= overhead.prefix && chunk.tailroom() >= overhead.suffix;
}

// The first place.size() bytes of `chain`, contiguous: in place if possible, otherwise copied to `place`.
const uint8_t* Contiguous(const buffer::Chain& chain, std::span<uint8_t> place) {
  if (chain.begin()->size() >= place.size()) return chain.begin()->data();
  size_t used = 0;
  for (const buffer::Chunk& chunk : chain) {
    const std::string_view part = chunk.view().substr(0, place.size() - used);
    std::memcpy(place.data() + used, part.data(), part.size());
    used += part.size();
    if (used == place.size()) break;
  }
  return place.data();
}

}  // namespace

buffer::Room RecordLayer::room() {
  if (SSL_in_init(ssl_.get()) != 0 || !in_place()) return {};
  const record_internals::Overhead overhead = record_internals::OverheadOf(ssl_.get(), kFull);
  return {overhead.prefix, overhead.suffix, kFull};
}

bool RecordLayer::Seal(buffer::Chain plain) {
  bool ok = true;
  while (ok && !plain.empty()) {
    const size_t first = plain.front().size();
    if (first < std::min(plain.size(), kLarge)) {
      ok = SealFront(plain, std::min(plain.size(), kFull));
    } else if (first > kFull || !CanSealInPlace(*plain.begin())) {
      ok = SealFront(plain, std::min(first, kFull));
    } else {
      ok = SealInPlace(plain.PopFront());
    }
  }
  CommitOutput();
  return ok;
}

bool RecordLayer::CanSealInPlace(const buffer::Chunk& chunk) {
  return ReadyToSeal() && HasRoom(chunk, record_internals::OverheadOf(ssl_.get(), chunk.size()));
}

bool RecordLayer::SealInPlace(buffer::Chunk chunk) {
  const size_t size = chunk.size();
  const record_internals::Overhead overhead = record_internals::OverheadOf(ssl_.get(), size);
  if (!record_internals::Seal(ssl_.get(), chunk.data(), size, chunk.data())) return false;
  chunk.ExtendFront(overhead.prefix);
  chunk.ExtendBack(overhead.suffix);
  CommitOutput();  // earlier output goes first
  out_.Append(std::move(chunk));
  return Rekey(size);
}

// Seals the first `size` bytes as one record into the output.
bool RecordLayer::SealFront(buffer::Chain& plain, size_t size) {
  const bool ok = ReadyToSeal() ? SealToOutput(plain, size) : SealByWriting(plain, size);
  plain.Consume(size);
  return ok && Rekey(size);
}

bool RecordLayer::SealToOutput(const buffer::Chain& plain, size_t size) {
  const record_internals::Overhead overhead = record_internals::OverheadOf(ssl_.get(), size);
  const size_t whole = overhead.prefix + size + overhead.suffix;
  uint8_t* const body = ReserveOutput(whole) + overhead.prefix;
  if (!record_internals::Seal(ssl_.get(), Contiguous(plain, {body, size}), size, body)) return false;
  cut_used_ += whole;
  return true;
}

bool RecordLayer::SealByWriting(const buffer::Chain& plain, size_t size) {
  std::array<uint8_t, kFull> place;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled before use
  const uint8_t* const whole = Contiguous(plain, std::span(place).first(size));
  return SSL_write(ssl_.get(), whole, static_cast<int>(size)) == static_cast<int>(size);
}

// Whether the next record can be sealed by record_internals. Pending tickets and key updates are sent first.
bool RecordLayer::ReadyToSeal() {
  if (!in_place()) return false;
  if (record_internals::CanSeal(ssl_.get())) return true;
  return SSL_write(ssl_.get(), "", 0) == 0 && record_internals::CanSeal(ssl_.get());
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

bool RecordLayer::Rekey(size_t sealed) {
  sealed_ += sealed;
  if (sealed_ < rekey_after_ || SSL_version(ssl_.get()) != TLS1_3_VERSION) return true;
  sealed_ = 0;
  return SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1;
}

}  // namespace starlock::tls
