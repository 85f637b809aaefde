#pragma once

#include <openssl/base.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tls/certificate_info.h"

namespace starlock::tls {

/// `certificate` in words.
CertificateInfo Describe(const X509* certificate);

/// `sha256/BASE64` of the SubjectPublicKeyInfo.
std::string SpkiPin(const X509* certificate);

/// Every certificate of PEM text, in order. Other kinds of block are skipped. kInvalid: why one cannot be read (the
/// detail does not name the file).
Result<std::vector<bssl::UniquePtr<X509>>> CertificatesFromPem(std::string_view pem);

}  // namespace starlock::tls
