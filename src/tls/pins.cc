#include "tls/pins.h"

#include <openssl/err.h>

#include <optional>

#include "tls/x509.h"

namespace starlock::tls {
namespace {

bool SignedBy(X509* certificate, const X509* issuer) {
  EVP_PKEY* key = X509_get0_pubkey(issuer);
  const bool is = key != nullptr && X509_verify(certificate, key) == 1;
  ERR_clear_error();
  return is;
}

}  // namespace

bool PinSet::Matches(const X509* certificate) const {
  const std::optional<SpkiPin> pin = PinOf(certificate);
  return pin && pins_.contains(*pin);
}

bool PinSet::MatchesVerified(const STACK_OF(X509) * chain) const {
  for (const X509* certificate : chain) {
    if (Matches(certificate)) return true;
  }
  return false;
}

bool PinSet::MatchesPresented(const STACK_OF(X509) * chain) const {
  X509* previous = nullptr;
  for (X509* certificate : chain) {
    if (previous != nullptr && !SignedBy(previous, certificate)) return false;
    if (Matches(certificate)) return true;
    previous = certificate;
  }
  return false;
}

}  // namespace starlock::tls
