#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace starlock::tls {

/// A certificate as people want to see it.
struct CertificateInfo {
  std::string subject;             ///< `CN=mail.example.org, O=Example`
  std::string issuer;              ///< likewise
  std::vector<std::string> names;  ///< dNSName and iPAddress of subjectAltName, the latter in their usual writing
  std::chrono::system_clock::time_point not_before;
  std::chrono::system_clock::time_point not_after;
  std::string key_type;  ///< `ECDSA P-256`, `RSA 2048`, `Ed25519`
  std::string pin;       ///< `sha256/BASE64` of its SubjectPublicKeyInfo (RFC 7469, 2.4)
};

}  // namespace starlock::tls
