#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace starlock {

/// Whose fault an ending was. `kProxy` is us: a full limit, no descriptor left, a bug.
enum class Blame : uint8_t { kNone, kClient, kServer, kProxy };

/// How a session ended: the closed list of the session record's `end`.
enum class End : uint8_t {
  kClosed,                  ///< both ends closed in order
  kTruncated,               ///< a TLS leg ended without close_notify
  kReset,                   ///< a peer reset its connection
  kTimeout,                 ///< a deadline of negotiation passed
  kIdle,                    ///< nothing moved for `idle_timeout`
  kConnectFailed,           ///< no address of the upstream could be reached
  kResolveFailed,           ///< the upstream's name has no address
  kStarttlsNotOffered,      ///< the upstream does not offer the upgrade that is required
  kStarttlsRefused,         ///< the upstream offered the upgrade and then refused it
  kTlsRequired,             ///< the client asked for something before the TLS that is required of it
  kPlaintextAfterStarttls,  ///< bytes that are not TLS where TLS had to begin
  kHandshakeFailed,         ///< a TLS handshake failed, other than by verification
  kVerifyFailed,            ///< the upstream's certificate, name or pin was refused
  kProtocolError,           ///< a peer broke its protocol
  kLimit,                   ///< a limit of ours was reached
  kDrained,                 ///< we are shutting down
  kInternal,                ///< our own failure
};

/// The record's words for them: `closed`, `starttls_not_offered`, `client` …
std::string_view ToString(End end);
std::string_view ToString(Blame blame);

/// What went wrong with one stream or one operation, before anybody knows which leg it was.
enum class ErrorCode : uint8_t {
  kNone,             ///< nothing: an orderly end
  kReset,            ///< ECONNRESET, EPIPE and their like
  kConnectFailed,    ///< no address could be reached
  kResolveFailed,    ///< no address found
  kNotTls,           ///< the peer's first byte cannot begin TLS
  kHandshakeFailed,  ///< alert, version or cipher mismatch, end in mid-handshake
  kVerifyFailed,     ///< chain, name or pin
  kTls,              ///< a fatal TLS error after the handshake
  kTimeout,
  kSystem,   ///< a system call failed: descriptors, memory
  kInvalid,  ///< bad input of an operator: a file, a certificate, an address
};

/// An error as a value. `detail` is for a log or an operator, never for a peer, and holds no secret.
struct [[nodiscard]] Error {
  ErrorCode code = ErrorCode::kNone;
  std::string detail;

  explicit operator bool() const { return code != ErrorCode::kNone; }
};

}  // namespace starlock
