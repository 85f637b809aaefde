#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

/// A separate layer, so that the build can enforce two rules. Above tls, only this layer includes OpenSSL's headers.
/// And the proxy, which must never issue a certificate, cannot include it: only the demonstration, the tests and the
/// micro benchmarks link this layer.
namespace starlock::pki {

/// A certificate chain and its private key as PEM text.
struct PemPair {
  std::string chain;
  std::string key;
};

/// A certificate authority for demonstrations and tests. Its key exists only in memory and is lost with the object, so
/// only a peer that is given `certificate()` trusts what it issues.
class ThrowawayCa {
 public:
  enum class KeyType { kEcdsaP256, kEcdsaP384, kRsa2048 };
  struct Request {
    std::vector<std::string> names;  ///< DNS names and address literals; the first is also the common name
    KeyType key_type = KeyType::kEcdsaP256;
    std::chrono::seconds begins{-3600};  ///< start of validity, relative to now
    std::chrono::seconds ends{86400};    ///< end of validity, relative to now
  };

  /// An ECDSA P-256 authority, valid from 7 days ago for 37 days. kSystem: BoringSSL failed.
  static Result<std::unique_ptr<ThrowawayCa>> Create(const std::string& common_name);
  ~ThrowawayCa();
  ThrowawayCa(const ThrowawayCa&) = delete;
  ThrowawayCa& operator=(const ThrowawayCa&) = delete;

  /// The authority's own certificate, PEM: the trust anchor.
  const std::string& certificate() const;
  /// Issues a server certificate, signed by this authority. The chain is the leaf alone. kInvalid: `names` is empty.
  /// kSystem: BoringSSL failed.
  Result<PemPair> Issue(const Request& request) const;

 private:
  struct Impl;
  explicit ThrowawayCa(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace starlock::pki
