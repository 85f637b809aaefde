#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/spki_pin.h"

namespace starlock::tls {

/// A certificate for logs and reports.
struct CertificateInfo {
  std::string subject;             ///< RFC 2253 order: `CN=mail.example.org, O=Example`
  std::string issuer;              ///< the same form
  std::vector<std::string> names;  ///< dNSName and iPAddress of subjectAltName, addresses as text
  std::chrono::system_clock::time_point not_before;
  std::chrono::system_clock::time_point not_after;
  std::string key_type;  ///< `ECDSA P-256`, `RSA 2048`, `Ed25519`
  SpkiPin pin;           ///< of its public key
};

}  // namespace starlock::tls
