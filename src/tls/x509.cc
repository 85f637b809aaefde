#include "tls/x509.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/ec_key.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/nid.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <array>

#include "tls/openssl_errors.h"

namespace starlock::tls {
namespace {

// RFC 2253's order and escapes, with a space after each comma.
constexpr unsigned long kNameFlags = (XN_FLAG_RFC2253 & ~XN_FLAG_SEP_COMMA_PLUS) | XN_FLAG_SEP_CPLUS_SPC;

std::string NameText(const X509_NAME* name) {
  bssl::UniquePtr<BIO> bio(BIO_new(BIO_s_mem()));
  if (!bio || X509_NAME_print_ex(bio.get(), name, 0, kNameFlags) < 0) {
    ERR_clear_error();
    return {};
  }
  const uint8_t* data = nullptr;
  size_t size = 0;
  if (BIO_mem_contents(bio.get(), &data, &size) != 1) return {};
  return {reinterpret_cast<const char*>(data), size};
}

std::string AddressText(const ASN1_OCTET_STRING* address) {
  const int length = ASN1_STRING_length(address);
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = length == 4 ? AF_INET : AF_INET6;
  if ((length != 4 && length != 16) ||
      inet_ntop(family, ASN1_STRING_get0_data(address), text.data(), text.size()) == nullptr) {
    return {};
  }
  return text.data();
}

std::vector<std::string> AlternativeNames(const X509* certificate) {
  std::vector<std::string> names;
  bssl::UniquePtr<GENERAL_NAMES> all(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  ERR_clear_error();
  if (!all) return names;
  for (const GENERAL_NAME* name : all.get()) {
    if (name->type == GEN_DNS) {
      const auto* text = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
      names.emplace_back(text, static_cast<size_t>(ASN1_STRING_length(name->d.dNSName)));
    } else if (name->type == GEN_IPADD) {
      std::string text = AddressText(name->d.iPAddress);
      if (!text.empty()) names.push_back(std::move(text));
    }
  }
  return names;
}

std::chrono::system_clock::time_point TimeOf(const ASN1_TIME* time) {
  int64_t seconds = 0;
  if (ASN1_TIME_to_posix(time, &seconds) != 1) ERR_clear_error();
  return std::chrono::system_clock::time_point(std::chrono::seconds(seconds));
}

std::string KeyType(const X509* certificate) {
  const EVP_PKEY* key = X509_get0_pubkey(certificate);
  ERR_clear_error();
  if (key == nullptr) return "unknown";
  switch (EVP_PKEY_id(key)) {
    case EVP_PKEY_EC: {
      const char* curve = EC_curve_nid2nist(EVP_PKEY_get_ec_curve_nid(key));
      return curve != nullptr ? fmt::format("ECDSA {}", curve) : "ECDSA on an unknown curve";
    }
    case EVP_PKEY_RSA:
      return fmt::format("RSA {}", EVP_PKEY_bits(key));
    case EVP_PKEY_ED25519:
      return "Ed25519";
    default:
      return "unknown";
  }
}

}  // namespace

CertificateInfo Describe(const X509* certificate) {
  CertificateInfo info;
  info.subject = NameText(X509_get_subject_name(certificate));
  info.issuer = NameText(X509_get_issuer_name(certificate));
  info.names = AlternativeNames(certificate);
  info.not_before = TimeOf(X509_get0_notBefore(certificate));
  info.not_after = TimeOf(X509_get0_notAfter(certificate));
  info.key_type = KeyType(certificate);
  info.pin = PinOf(certificate).value_or(SpkiPin());
  return info;
}

std::optional<SpkiPin> PinOf(const X509* certificate) {
  uint8_t* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size < 0) {
    ERR_clear_error();
    return std::nullopt;
  }
  bssl::UniquePtr<uint8_t> owned(der);
  SpkiPin pin;
  static_assert(SpkiPin::kSize == SHA256_DIGEST_LENGTH);
  SHA256(der, static_cast<size_t>(size), pin.digest.data());
  return pin;
}

Result<std::vector<bssl::UniquePtr<X509>>> CertificatesFromPem(std::string_view pem) {
  std::vector<bssl::UniquePtr<X509>> certificates;
  bssl::UniquePtr<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<ossl_ssize_t>(pem.size())));
  if (!bio) return TakeError(ErrorCode::kSystem, "reading a certificate");
  for (;;) {
    bssl::UniquePtr<X509> certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (certificate) {
      certificates.push_back(std::move(certificate));
      continue;
    }
    const uint32_t error = ERR_peek_last_error();
    const bool at_end = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
    if (at_end) {
      ERR_clear_error();
      return certificates;
    }
    return TakeError(ErrorCode::kInvalid, fmt::format("certificate {} cannot be read", certificates.size() + 1));
  }
}

}  // namespace starlock::tls
