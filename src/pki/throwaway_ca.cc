#include "pki/throwaway_ca.h"

#include <arpa/inet.h>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bytestring.h>
#include <openssl/ec.h>
#include <openssl/ec_key.h>
#include <openssl/evp.h>
#include <openssl/mem.h>
#include <openssl/nid.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>
#include <ctime>
#include <utility>

#include "base/host_port.h"
#include "base/text.h"
#include "tls/openssl_errors.h"

namespace starlock::pki {

struct ThrowawayCa::Impl {
  bssl::UniquePtr<EVP_PKEY> key;
  bssl::UniquePtr<X509> certificate;
  std::string pem;
};

namespace {

using KeyType = ThrowawayCa::KeyType;

constexpr std::chrono::seconds kCaBegins{-7 * 86400};
constexpr std::chrono::seconds kCaEnds{30 * 86400};

bssl::UniquePtr<EVP_PKEY> MakeEcKey(int curve) {
  bssl::UniquePtr<EC_KEY> ec(EC_KEY_new_by_curve_name(curve));
  bssl::UniquePtr<EVP_PKEY> key(EVP_PKEY_new());
  if (!ec || !key || EC_KEY_generate_key(ec.get()) != 1 || EVP_PKEY_set1_EC_KEY(key.get(), ec.get()) != 1) {
    return nullptr;
  }
  return key;
}

bssl::UniquePtr<EVP_PKEY> MakeRsaKey(int bits) {
  bssl::UniquePtr<RSA> rsa(RSA_new());
  bssl::UniquePtr<BIGNUM> exponent(BN_new());
  bssl::UniquePtr<EVP_PKEY> key(EVP_PKEY_new());
  if (!rsa || !exponent || !key || BN_set_word(exponent.get(), RSA_F4) != 1 ||
      RSA_generate_key_ex(rsa.get(), bits, exponent.get(), nullptr) != 1 ||
      EVP_PKEY_set1_RSA(key.get(), rsa.get()) != 1) {
    return nullptr;
  }
  return key;
}

bssl::UniquePtr<EVP_PKEY> MakeKey(KeyType type) {
  switch (type) {
    case KeyType::kEcdsaP256:
      return MakeEcKey(NID_X9_62_prime256v1);
    case KeyType::kEcdsaP384:
      return MakeEcKey(NID_secp384r1);
    case KeyType::kRsa2048:
      return MakeRsaKey(2048);
  }
  return nullptr;
}

bool SetCommonName(X509_NAME* name, const std::string& text) {
  // A common name has at most 64 characters (RFC 5280, appendix A: ub-common-name).
  const std::string_view common = ClipUtf8(text, 64);
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const uint8_t*>(common.data()),
                                    static_cast<ossl_ssize_t>(common.size()), -1, 0) == 1;
}

bool SetBasics(X509* certificate, const std::string& common_name, EVP_PKEY* key, std::chrono::seconds begins,
               std::chrono::seconds ends) {
  uint64_t serial = 0;
  RAND_bytes(reinterpret_cast<uint8_t*>(&serial), sizeof serial);
  const int64_t now = std::time(nullptr);
  return X509_set_version(certificate, X509_VERSION_3) == 1 &&
         ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial | 1) == 1 &&
         ASN1_TIME_set_posix(X509_getm_notBefore(certificate), now + begins.count()) != nullptr &&
         ASN1_TIME_set_posix(X509_getm_notAfter(certificate), now + ends.count()) != nullptr &&
         SetCommonName(X509_get_subject_name(certificate), common_name) && X509_set_pubkey(certificate, key) == 1;
}

bool AddExtension(X509* certificate, const X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const bssl::UniquePtr<X509_EXTENSION> extension(X509V3_EXT_nconf_nid(nullptr, &context, nid, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool AddName(GENERAL_NAMES* names, const std::string& text) {
  bssl::UniquePtr<GENERAL_NAME> name(GENERAL_NAME_new());
  bssl::UniquePtr<ASN1_STRING> value;
  std::array<uint8_t, 16> address{};
  const bool v4 = inet_pton(AF_INET, text.c_str(), address.data()) == 1;
  const bool literal = v4 || inet_pton(AF_INET6, text.c_str(), address.data()) == 1;
  const void* data = literal ? static_cast<const void*>(address.data()) : text.data();
  const size_t size = v4 ? 4 : literal ? 16 : text.size();
  value.reset(ASN1_STRING_type_new(literal ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING));
  if (!name || !value || ASN1_STRING_set(value.get(), data, static_cast<ossl_ssize_t>(size)) != 1) return false;
  GENERAL_NAME_set0_value(name.get(), literal ? GEN_IPADD : GEN_DNS, value.release());
  return bssl::PushToStack(names, std::move(name));
}

bool AddNames(X509* certificate, const std::vector<std::string>& all) {
  const bssl::UniquePtr<GENERAL_NAMES> names(GENERAL_NAMES_new());
  if (!names) return false;
  for (const std::string& name : all) {
    if (!AddName(names.get(), name)) return false;
  }
  return X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, 0) == 1;
}

template <typename Writer>
std::string Pem(const Writer& write) {
  const bssl::UniquePtr<BIO> bio(BIO_new(BIO_s_mem()));
  const uint8_t* data = nullptr;
  size_t size = 0;
  if (!bio || write(bio.get()) != 1 || BIO_mem_contents(bio.get(), &data, &size) != 1) return {};
  return {reinterpret_cast<const char*>(data), size};
}

std::string CertificatePem(X509* certificate) {
  return Pem([certificate](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

std::string KeyPem(EVP_PKEY* key) {
  return Pem([key](BIO* bio) { return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr); });
}

Error Failed(const char* what) { return tls::TakeError(ErrorCode::kSystem, what); }

}  // namespace

ThrowawayCa::ThrowawayCa(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ThrowawayCa::~ThrowawayCa() = default;
const std::string& ThrowawayCa::certificate() const { return impl_->pem; }

Result<std::unique_ptr<ThrowawayCa>> ThrowawayCa::Create(const std::string& common_name) {
  auto impl = std::make_unique<Impl>();
  impl->key = MakeKey(KeyType::kEcdsaP256);
  impl->certificate.reset(X509_new());
  X509* certificate = impl->certificate.get();
  if (!impl->key || certificate == nullptr ||
      !SetBasics(certificate, common_name, impl->key.get(), kCaBegins, kCaEnds) ||
      X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) != 1 ||
      !AddExtension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE") ||
      !AddExtension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !AddExtension(certificate, certificate, NID_subject_key_identifier, "hash") ||
      X509_sign(certificate, impl->key.get(), EVP_sha256()) == 0) {
    return Failed("cannot create a certificate authority");
  }
  impl->pem = CertificatePem(certificate);
  return std::unique_ptr<ThrowawayCa>(new ThrowawayCa(std::move(impl)));
}

Result<PemPair> ThrowawayCa::Issue(const Request& request) const {
  if (request.names.empty()) return Error{ErrorCode::kInvalid, "a certificate needs a name"};
  const bssl::UniquePtr<EVP_PKEY> key = MakeKey(request.key_type);
  const bssl::UniquePtr<X509> leaf(X509_new());
  const X509* ca = impl_->certificate.get();
  if (!key || !leaf || !SetBasics(leaf.get(), request.names.front(), key.get(), request.begins, request.ends) ||
      X509_set_issuer_name(leaf.get(), X509_get_subject_name(ca)) != 1 || !AddNames(leaf.get(), request.names) ||
      !AddExtension(leaf.get(), ca, NID_basic_constraints, "critical,CA:FALSE") ||
      !AddExtension(leaf.get(), ca, NID_key_usage, "critical,digitalSignature") ||
      !AddExtension(leaf.get(), ca, NID_ext_key_usage, "serverAuth") ||
      !AddExtension(leaf.get(), ca, NID_authority_key_identifier, "keyid") ||
      X509_sign(leaf.get(), impl_->key.get(), EVP_sha256()) == 0) {
    return Failed("cannot issue a certificate");
  }
  return PemPair{CertificatePem(leaf.get()), KeyPem(key.get())};
}

}  // namespace starlock::pki
