#include "tls/identity.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/mem.h>
#include <openssl/pem.h>
#include <openssl/pool.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <array>
#include <iterator>
#include <utility>
#include <vector>

#include "tls/identity_impl.h"
#include "tls/openssl_errors.h"
#include "tls/text_file.h"
#include "tls/x509.h"

namespace starlock::tls {
namespace {

using Certificates = std::vector<bssl::UniquePtr<X509>>;

Error Invalid(std::string detail) { return {ErrorCode::kInvalid, std::move(detail)}; }

// A PEM pass phrase callback that supplies none and records that one was needed.
int NoPassPhrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* wanted) {
  *static_cast<bool*>(wanted) = true;
  return -1;
}

Result<bssl::UniquePtr<EVP_PKEY>> KeyFromPem(std::string_view pem, const std::string& where) {
  bssl::UniquePtr<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<ossl_ssize_t>(pem.size())));
  bool encrypted = false;
  bssl::UniquePtr<EVP_PKEY> key;
  if (bio) key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, &NoPassPhrase, &encrypted));
  if (encrypted) {
    ERR_clear_error();
    return Invalid(fmt::format("{}: the private key is encrypted; use a key without a pass phrase", where));
  }
  if (!key) {
    const uint32_t error = ERR_peek_last_error();
    const bool none = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
    ERR_clear_error();  // it may reveal key material
    return Invalid(
        fmt::format("{}: {}", where, none ? "no private key in PEM form" : "the private key cannot be read"));
  }
  return key;
}

bssl::UniquePtr<CRYPTO_BUFFER> BufferOf(X509* certificate) {
  uint8_t* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  if (size < 0) return nullptr;
  bssl::UniquePtr<uint8_t> owned(der);
  return bssl::UniquePtr<CRYPTO_BUFFER>(CRYPTO_BUFFER_new(der, static_cast<size_t>(size), nullptr));
}

// A ticket resumes only sessions with the certificate of its full handshake. So a ticket for one name's service cannot
// be used for another's.
bool PartitionSessions(SSL_CREDENTIAL* credential, const CRYPTO_BUFFER* leaf) {
  std::array<uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256(CRYPTO_BUFFER_data(leaf), CRYPTO_BUFFER_len(leaf), digest.data());
  return SSL_CREDENTIAL_set1_session_id_context(credential, digest.data(), digest.size()) == 1;
}

// BoringSSL's defaults without SHA-1, which it would use for a TLS 1.2 client that offers nothing better.
constexpr uint16_t kSignatures[] = {
    SSL_SIGN_ED25519,          SSL_SIGN_ECDSA_SECP256R1_SHA256, SSL_SIGN_RSA_PSS_RSAE_SHA256,
    SSL_SIGN_RSA_PKCS1_SHA256, SSL_SIGN_ECDSA_SECP384R1_SHA384, SSL_SIGN_RSA_PSS_RSAE_SHA384,
    SSL_SIGN_RSA_PKCS1_SHA384, SSL_SIGN_ECDSA_SECP521R1_SHA512, SSL_SIGN_RSA_PSS_RSAE_SHA512,
    SSL_SIGN_RSA_PKCS1_SHA512,
};

Result<bssl::UniquePtr<SSL_CREDENTIAL>> MakeCredential(const Certificates& chain, const EVP_PKEY* key) {
  std::vector<bssl::UniquePtr<CRYPTO_BUFFER>> owned;
  std::vector<CRYPTO_BUFFER*> buffers;
  for (const auto& certificate : chain) {
    owned.push_back(BufferOf(certificate.get()));
    if (!owned.back()) return TakeError(ErrorCode::kInvalid, "the chain cannot be used");
    buffers.push_back(owned.back().get());
  }
  bssl::UniquePtr<SSL_CREDENTIAL> credential(SSL_CREDENTIAL_new_x509());
  if (!credential || SSL_CREDENTIAL_set1_cert_chain(credential.get(), buffers.data(), buffers.size()) != 1 ||
      SSL_CREDENTIAL_set1_private_key(credential.get(), key) != 1 ||
      SSL_CREDENTIAL_set1_signing_algorithm_prefs(credential.get(), std::data(kSignatures), std::size(kSignatures)) !=
          1 ||
      !PartitionSessions(credential.get(), buffers.front())) {
    return TakeError(ErrorCode::kInvalid, "the certificate cannot be used for TLS");
  }
  return credential;
}

bool Matches(const X509* leaf, const EVP_PKEY* key) {
  const bool matches = X509_check_private_key(leaf, key) == 1;
  ERR_clear_error();
  return matches;
}

// Helps operators whose chain file has the certificates in the wrong order.
const char* MismatchHint(const Certificates& chain, const EVP_PKEY* key) {
  for (size_t i = 1; i < chain.size(); ++i) {
    if (Matches(chain[i].get(), key)) return "; it matches a later one: the server's own certificate must come first";
  }
  return "";
}

Result<std::unique_ptr<Identity::Impl>> Assemble(std::string_view chain_pem, const std::string& chain_name,
                                                 std::string_view key_pem, const std::string& key_name) {
  auto chain = CertificatesFromPem(chain_pem);
  if (!chain.ok()) return Invalid(fmt::format("{}: {}", chain_name, chain.error().detail));
  if (chain->empty()) return Invalid(fmt::format("{}: no certificate in PEM form", chain_name));
  auto key = KeyFromPem(key_pem, key_name);
  if (!key.ok()) return key.error();
  if (!Matches(chain->front().get(), key->get())) {
    return Invalid(fmt::format("{}: the private key does not match the first certificate of {}{}", key_name, chain_name,
                               MismatchHint(*chain, key->get())));
  }
  auto credential = MakeCredential(*chain, key->get());
  if (!credential.ok()) return Invalid(fmt::format("{}: {}", chain_name, credential.error().detail));

  auto impl = std::make_unique<Identity::Impl>();
  impl->certificate = Describe(chain->front().get());
  impl->ecdsa = EVP_PKEY_id(key->get()) == EVP_PKEY_EC;
  impl->credential = std::move(*credential);
  return impl;
}

}  // namespace

Identity::Identity(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Identity::~Identity() = default;

const CertificateInfo& Identity::certificate() const { return impl_->certificate; }
bool Identity::ecdsa() const { return impl_->ecdsa; }

Result<std::shared_ptr<const Identity>> Identity::Load(const std::string& chain_path, const std::string& key_path) {
  auto chain = ReadTextFile(chain_path);
  if (!chain.ok()) return chain.error();
  auto key = ReadTextFile(key_path);
  auto impl = key.ok() ? Assemble(*chain, chain_path, *key, key_path) : key.error();
  if (key.ok()) OPENSSL_cleanse(key->data(), key->size());
  OPENSSL_cleanse(chain->data(), chain->size());  // the same file may hold the key
  if (!impl.ok()) return impl.error();
  return std::shared_ptr<const Identity>(new Identity(std::move(*impl)));
}

Result<std::shared_ptr<const Identity>> Identity::FromPem(std::string_view chain, std::string_view key) {
  auto impl = Assemble(chain, "chain", key, "key");
  if (!impl.ok()) return impl.error();
  return std::shared_ptr<const Identity>(new Identity(std::move(*impl)));
}

}  // namespace starlock::tls
