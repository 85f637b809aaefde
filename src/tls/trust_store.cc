#include "tls/trust_store.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <utility>

#include "tls/openssl_errors.h"
#include "tls/text_file.h"
#include "tls/trust_store_impl.h"
#include "tls/x509.h"

namespace starlock::tls {
namespace {

constexpr std::array kBundles = {
    "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Ubuntu, Arch, Alpine
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Fedora, RHEL
    "/etc/pki/tls/certs/ca-bundle.crt",                   // older releases of these
    "/etc/ssl/ca-bundle.pem",                             // openSUSE
    "/etc/ssl/cert.pem",                                  // the BSDs, Alpine
};

Result<std::string> SystemBundle() {
  const char* named = std::getenv("SSL_CERT_FILE");  // NOLINT(concurrency-mt-unsafe): no thread sets it
  if (named != nullptr && *named != '\0') return std::string(named);
  for (const char* path : kBundles) {
    if (access(path, R_OK) == 0) return std::string(path);
  }
  return Error{ErrorCode::kInvalid,
               fmt::format("the system has no CA certificates (Debian: package ca-certificates); looked for "
                           "$SSL_CERT_FILE, {}",
                           fmt::join(kBundles, ", "))};
}

}  // namespace

TrustStore::TrustStore(std::string path, std::unique_ptr<Impl> impl, size_t size)
    : path_(std::move(path)), impl_(std::move(impl)), size_(size) {}
TrustStore::~TrustStore() = default;

Result<std::shared_ptr<const TrustStore>> TrustStore::Load(const std::string& ca_file) {
  auto path = ca_file.empty() ? SystemBundle() : Result<std::string>(ca_file);
  if (!path.ok()) return path.error();
  auto text = ReadTextFile(*path);
  if (!text.ok()) return text.error();
  auto certificates = CertificatesFromPem(*text);
  if (!certificates.ok()) return Error{ErrorCode::kInvalid, fmt::format("{}: {}", *path, certificates.error().detail)};
  if (certificates->empty()) return Error{ErrorCode::kInvalid, fmt::format("{}: no certificate in PEM form", *path)};

  auto impl = std::make_unique<Impl>();
  impl->store.reset(X509_STORE_new());
  if (!impl->store) return TakeError(ErrorCode::kSystem, *path);
  for (const auto& certificate : *certificates) {
    if (X509_STORE_add_cert(impl->store.get(), certificate.get()) != 1) return TakeError(ErrorCode::kInvalid, *path);
  }
  return std::shared_ptr<const TrustStore>(new TrustStore(*path, std::move(impl), certificates->size()));
}

}  // namespace starlock::tls
