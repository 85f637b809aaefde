#include "tls/pins.h"

#include <openssl/base64.h>
#include <openssl/err.h>

#include <array>

#include "tls/x509.h"

namespace starlock::tls {
namespace {

constexpr std::string_view kPrefix = "sha256/";
constexpr size_t kDigestSize = 32;
constexpr size_t kEncodedSize = 44;

bool IsPin(std::string_view pin) {
  if (!pin.starts_with(kPrefix)) return false;
  pin.remove_prefix(kPrefix.size());
  std::array<uint8_t, kEncodedSize> digest{};
  size_t size = 0;
  return pin.size() == kEncodedSize &&
         EVP_DecodeBase64(digest.data(), &size, digest.size(), reinterpret_cast<const uint8_t*>(pin.data()),
                          pin.size()) == 1 &&
         size == kDigestSize;
}

bool SignedBy(X509* certificate, const X509* issuer) {
  EVP_PKEY* key = X509_get0_pubkey(issuer);
  const bool is = key != nullptr && X509_verify(certificate, key) == 1;
  ERR_clear_error();
  return is;
}

}  // namespace

Result<PinSet> PinSet::Parse(const std::vector<std::string>& pins) {
  PinSet set;
  for (const std::string& pin : pins) {
    if (!IsPin(pin)) {
      return Error{ErrorCode::kInvalid,
                   "'" + pin + "' is no pin: must be sha256/ and the base64 of a public key's SHA-256 (44 characters)"};
    }
    set.pins_.insert(pin);
  }
  return set;
}

bool PinSet::Matches(const X509* certificate) const { return pins_.contains(SpkiPin(certificate)); }

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
