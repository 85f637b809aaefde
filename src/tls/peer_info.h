#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tls/certificate_info.h"

namespace starlock::tls {

/// What a handshake in the client role learned about the server.
struct PeerInfo {
  enum class Verification : uint8_t {
    kNotDone,  ///< verify: none without pins, or the handshake failed earlier
    kPassed,   ///< in this handshake, or in the full handshake of the resumed session
    kFailed,
  };

  std::vector<CertificateInfo> chain;  ///< as sent; the server's own certificate is first
  Verification verification = Verification::kNotDone;
  std::string reason;  ///< for kFailed: `certificate has expired`, for example
};

}  // namespace starlock::tls
