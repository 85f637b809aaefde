#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "tls/certificate_info.h"

namespace starlock::tls {

/// A certificate chain and the private key that matches it. Immutable; shared by all workers.
class Identity {
 public:
  /// Reads PEM files. The chain has the leaf first, then its issuers; one file may hold both chain and key. kInvalid
  /// names the file and the problem, and never reveals key material.
  static Result<std::shared_ptr<const Identity>> Load(const std::string& chain_path, const std::string& key_path);
  /// The same from PEM text.
  static Result<std::shared_ptr<const Identity>> FromPem(std::string_view chain, std::string_view key);
  ~Identity();
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;

  /// The leaf certificate.
  const CertificateInfo& certificate() const;
  bool ecdsa() const;

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  explicit Identity(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace starlock::tls
