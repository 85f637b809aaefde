#include "protocol/core/outcome.h"

namespace starlock::protocol {

std::string_view ToString(End end) {
  switch (end) {
    case End::kClosed:
      return "closed";
    case End::kTruncated:
      return "truncated";
    case End::kReset:
      return "reset";
    case End::kTimeout:
      return "timeout";
    case End::kIdle:
      return "idle";
    case End::kConnectFailed:
      return "connect_failed";
    case End::kResolveFailed:
      return "resolve_failed";
    case End::kStarttlsNotOffered:
      return "starttls_not_offered";
    case End::kStarttlsRefused:
      return "starttls_refused";
    case End::kTlsRequired:
      return "tls_required";
    case End::kPlaintextAfterStarttls:
      return "plaintext_after_starttls";
    case End::kHandshakeFailed:
      return "handshake_failed";
    case End::kVerifyFailed:
      return "verify_failed";
    case End::kProtocolError:
      return "protocol_error";
    case End::kLimit:
      return "limit";
    case End::kDrained:
      return "drained";
    case End::kInternal:
      return "internal";
  }
  return "internal";
}

std::string_view ToString(Blame blame) {
  switch (blame) {
    case Blame::kNone:
      return "none";
    case Blame::kClient:
      return "client";
    case Blame::kServer:
      return "server";
    case Blame::kProxy:
      return "proxy";
  }
  return "none";
}

}  // namespace starlock::protocol
