#include "protocol/core/goodbye.h"

namespace starlock::protocol {

std::string_view GoodbyeText(End end) {
  switch (end) {
    case End::kTimeout:
    case End::kIdle:
      return "Timeout";
    case End::kDrained:
      return "Shutting down";
    case End::kLimit:
      return "Too many connections or commands";
    case End::kStarttlsNotOffered:
    case End::kStarttlsRefused:
    case End::kPlaintextAfterStarttls:
    case End::kHandshakeFailed:
    case End::kVerifyFailed:
      return "No secure connection to the server behind";
    case End::kClosed:
    case End::kTruncated:
    case End::kReset:
    case End::kConnectFailed:
    case End::kResolveFailed:
    case End::kTlsRequired:
    case End::kProtocolError:
    case End::kInternal:
      break;
  }
  return "The server behind is not available";
}

}  // namespace starlock::protocol
