#include "protocol/core/goodbye.h"

namespace starlock::protocol {

GoodbyeKind GoodbyeFor(const Failure& failure) {
  switch (failure.end) {
    case End::kTimeout:
    case End::kIdle:
      return GoodbyeKind::kTimeout;
    case End::kDrained:
      return GoodbyeKind::kDrained;
    case End::kLimit:
      return GoodbyeKind::kLimit;
    case End::kTlsRequired:  // the server's fault: IMAP's PREAUTH before the client's TLS
      return failure.blame == Blame::kServer ? GoodbyeKind::kNoTls : GoodbyeKind::kTlsRequired;
    case End::kStarttlsNotOffered:
    case End::kStarttlsRefused:
    case End::kPlaintextAfterStarttls:
    case End::kHandshakeFailed:
    case End::kVerifyFailed:
      return GoodbyeKind::kNoTls;
    case End::kProtocolError:
      return failure.blame == Blame::kClient ? GoodbyeKind::kSyntax : GoodbyeKind::kUnavailable;
    case End::kClosed:
    case End::kTruncated:
    case End::kReset:
    case End::kConnectFailed:
    case End::kResolveFailed:
    case End::kInternal:
      break;
  }
  return GoodbyeKind::kUnavailable;
}

std::string_view GoodbyeText(GoodbyeKind kind) {
  static constexpr ByGoodbye<std::string_view> kTexts = {
      .syntax = "Syntax error",
      .timeout = "Timeout",
      .drained = "Shutting down",
      .limit = "Too many connections or commands, try again later",
      .tls_required = "TLS is required",
      .no_tls = "Service not available: no secure connection",
      .unavailable = "Service not available",
  };
  return kTexts[kind];
}

}  // namespace starlock::protocol
