#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace starlock::tls {

/// A chain and its key as PEM text.
struct PemPair {
  std::string chain;
  std::string key;
};

/// An authority that lives as long as its object, for demonstrations and tests: nobody trusts it but who is told to.
class ThrowawayCa {
 public:
  enum class KeyType { kEcdsaP256, kEcdsaP384, kRsa2048 };
  struct Request {
    std::vector<std::string> names;  ///< DNS names and address literals; the first is the common name too
    KeyType key_type = KeyType::kEcdsaP256;
    std::chrono::seconds begins{-3600};  ///< from now
    std::chrono::seconds ends{86400};    ///< from now
  };

  /// A P-256 authority, valid from an hour ago for a day and more.
  static Result<std::unique_ptr<ThrowawayCa>> Create(const std::string& common_name);
  ~ThrowawayCa();
  ThrowawayCa(const ThrowawayCa&) = delete;
  ThrowawayCa& operator=(const ThrowawayCa&) = delete;

  /// The authority's own certificate, PEM: what a client must trust.
  const std::string& certificate() const;
  /// A server certificate that it signs. The chain is the leaf alone.
  Result<PemPair> Issue(const Request& request) const;

 private:
  struct Impl;
  explicit ThrowawayCa(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace starlock::tls
