#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tls/certificate_info.h"

namespace starlock::tls {

/// What a client-role handshake learnt of the server.
struct PeerInfo {
  enum class Verification : uint8_t {
    kNotDone,  ///< verify: none without pins; or the handshake did not come so far
    kPassed,   ///< now, or when the session that was resumed was new
    kFailed,
  };

  std::vector<CertificateInfo> chain;  ///< as sent, the server's own first
  Verification verification = Verification::kNotDone;
  std::string reason;  ///< of kFailed: `certificate has expired`, `no pinned key in the chain` …
};

}  // namespace starlock::tls
