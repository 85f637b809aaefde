#pragma once

#include <cstdint>
#include <string>

namespace starlock {

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
