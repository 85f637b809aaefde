#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <span>

/// TLS records opened and sealed where they lie, by the functions that BoringSSL's own SSL_read and SSL_write are made
/// of. They are not public: record_internals.cc alone includes BoringSSL's ssl/internal.h, and where that is missing,
/// or does not describe the library that is there, all of this says no and SSL_read and SSL_write are used instead.
///
/// What records mean stays BoringSSL's business: keys and sequence numbers, alerts, the limits of empty records and of
/// warnings. Post-handshake messages that a record brought wait inside `ssl` for the next SSL_read or SSL_peek.
///
/// All of it is for connections whose handshake is done.
namespace starlock::tls::record_internals {

/// Whether ssl/internal.h was there when this was built.
bool Built();
/// Whether the header describes this connection's library: what both it and the public API say of `ssl` must agree.
bool Fit(const SSL* ssl);

enum class Result : uint8_t {
  kData,     ///< a record with data
  kNothing,  ///< a record without any; it may have brought a message
  kPartial,  ///< the record is not whole
  kEnd,      ///< the peer's close_notify, now or before
  kFailed,   ///< fatal, now or before; the alert, where one is due, is written, and the error queue says why
};

struct Opened {
  Result result;
  size_t used;              ///< the record's size; of kPartial: bytes to come back with (a header, or a whole record)
  std::span<uint8_t> data;  ///< the plaintext, within the input
};

/// Whether nothing that came before lies in BoringSSL's own buffer.
bool CanOpen(const SSL* ssl);
/// Opens the record that `in` begins with, in place.
Opened Open(SSL* ssl, std::span<uint8_t> in);

/// What a record adds to its plaintext. RFC 8446, 5.2; RFC 5246, 6.2.3.
struct Overhead {
  size_t prefix = 0;  ///< header and explicit nonce
  size_t suffix = 0;  ///< inner type, padding and tag
};

/// Whether a record may be sealed now: nothing waits to be written before it, and our end is not sent.
bool CanSeal(const SSL* ssl);
/// Of a record of `size` bytes.
Overhead OverheadOf(const SSL* ssl, size_t size);
/// Seals `size` bytes of application data at `in`, at most 16384, as one record: the body at `out` (which is `in`, or
/// does not overlap it), and the overhead directly before and behind it. False: fatal, see the error queue.
bool Seal(SSL* ssl, const uint8_t* in, size_t size, uint8_t* out);

}  // namespace starlock::tls::record_internals
