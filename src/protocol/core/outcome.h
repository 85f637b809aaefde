#pragma once

#include <cstdint>
#include <string_view>

namespace starlock::protocol {

/// Who caused the end of a session. `kProxy` is us: a limit, no free file descriptor, a bug.
enum class Blame : uint8_t { kNone, kClient, kServer, kProxy };

/// How a session ended: the closed list of the session record's `end`.
enum class End : uint8_t {
  kClosed,                  ///< both peers closed in order
  kTruncated,               ///< a TLS leg ended without close_notify
  kReset,                   ///< a peer reset its connection
  kTimeout,                 ///< the negotiation took too long
  kIdle,                    ///< no bytes moved for `idle_timeout`
  kConnectFailed,           ///< no address of the upstream could be reached
  kResolveFailed,           ///< the upstream's name could not be resolved
  kStarttlsNotOffered,      ///< the upstream does not offer the upgrade, which is required
  kStarttlsRefused,         ///< the upstream offered the upgrade and then refused it
  kTlsRequired,             ///< the client did not upgrade, although TLS is required
  kPlaintextAfterStarttls,  ///< a peer sent plaintext where TLS had to start
  kHandshakeFailed,         ///< a TLS handshake failed, but not in verification
  kVerifyFailed,            ///< the upstream's certificate, name or pin was refused
  kProtocolError,           ///< a peer violated its protocol
  kLimit,                   ///< one of our limits was reached
  kDrained,                 ///< we are shutting down
  kInternal,                ///< an internal error
};

/// The words of the session record: `closed`, `starttls_not_offered`, `client` …
std::string_view ToString(End end);
std::string_view ToString(Blame blame);

}  // namespace starlock::protocol
