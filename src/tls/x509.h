#pragma once

#include <openssl/base.h>

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tls/certificate_info.h"

namespace starlock::tls {

/// `certificate` for a log or a report.
CertificateInfo Describe(const X509* certificate);

/// The pin of a certificate's public key; nullopt: it cannot be encoded.
std::optional<SpkiPin> PinOf(const X509* certificate);

/// Every certificate of PEM text, in order. PEM blocks of other kinds are skipped. kInvalid: one cannot be read (the
/// detail does not name the file).
Result<std::vector<bssl::UniquePtr<X509>>> CertificatesFromPem(std::string_view pem);

}  // namespace starlock::tls
