#pragma once

#include <cstdint>
#include <string>

namespace starlock {

/// The kind of failure of a stream or an operation. Callers that know the leg derive the session's end from it.
enum class ErrorCode : uint8_t {
  kNone,             ///< no error; of a stream: an orderly end
  kReset,            ///< the connection was lost: ECONNRESET, EPIPE and the like
  kConnectFailed,    ///< no address accepted the connection
  kResolveFailed,    ///< the name has no address, or the look-up failed
  kNotTls,           ///< the peer's first byte does not begin TLS
  kHandshakeFailed,  ///< alert, no common version or cipher, or closed during the handshake
  kVerifyFailed,     ///< the chain, name or pin was refused
  kTls,              ///< a fatal TLS error after the handshake
  kTimeout,
  kSystem,   ///< a system call failed: descriptors, memory
  kInvalid,  ///< invalid input from the operator: a file, a certificate, an address
};

/// An error as a value. `detail` is for logs and operators, never for peers, and contains no secret.
struct [[nodiscard]] Error {
  ErrorCode code = ErrorCode::kNone;
  std::string detail;

  explicit operator bool() const { return code != ErrorCode::kNone; }
};

}  // namespace starlock
