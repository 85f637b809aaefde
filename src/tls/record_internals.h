#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <span>

/// Opens and seals TLS records in place, with the internal functions that SSL_read and SSL_write are built on. Only
/// record_internals.cc includes BoringSSL's ssl/internal.h. If that header is missing or does not match the library,
/// Built() or Fit() is false, and callers use SSL_read and SSL_write instead.
///
/// BoringSSL still handles the meaning of records: keys, sequence numbers, alerts, and limits on empty records and
/// warnings. Post-handshake messages from a record wait inside `ssl` for the next SSL_read or SSL_peek.
///
/// Everything here requires a completed handshake.
namespace starlock::tls::record_internals {

/// Whether this was built with ssl/internal.h.
bool Built();
/// Whether the header matches the library: fields read through it agree with the public API for `ssl`.
bool Fit(const SSL* ssl);

enum class Result : uint8_t {
  kData,     ///< a record with data
  kNothing,  ///< a record without data; it may have held a message
  kPartial,  ///< the record is incomplete
  kEnd,      ///< the peer's close_notify, in this record or an earlier one
  kFailed,   ///< fatal error; the alert, if any, is written, and the error queue has the reason
};

struct Opened {
  Result result;
  size_t used;              ///< the record's size; for kPartial: bytes needed (a header, or the whole record)
  std::span<uint8_t> data;  ///< the plaintext, within the input
};

/// Whether BoringSSL's own read buffer is empty.
bool CanOpen(const SSL* ssl);
/// Opens the record at the beginning of `in`, in place.
Opened Open(SSL* ssl, std::span<uint8_t> in);

/// What a record adds to its plaintext. RFC 8446, 5.2; RFC 5246, 6.2.3.
struct Overhead {
  size_t prefix = 0;  ///< header and explicit nonce
  size_t suffix = 0;  ///< inner type, padding and tag
};

/// Whether a record can be sealed now: BoringSSL has nothing else to write, and our close_notify is not sent.
bool CanSeal(const SSL* ssl);
/// The overhead of a record with `size` bytes of plaintext.
Overhead OverheadOf(const SSL* ssl, size_t size);
/// Seals `size` bytes of application data at `in`, at most 16384, as one record. The body goes to `out`, which is `in`
/// or does not overlap it; the overhead goes directly before and after it. False: fatal, see the error queue.
bool Seal(SSL* ssl, const uint8_t* in, size_t size, uint8_t* out);

}  // namespace starlock::tls::record_internals
