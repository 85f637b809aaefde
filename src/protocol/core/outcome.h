#pragma once

#include <cstdint>
#include <string_view>

namespace starlock::protocol {

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

}  // namespace starlock::protocol
