#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "tls/certificate_info.h"

namespace starlock::tls {

/// A certificate chain with its private key, checked to belong together. Immutable; shared by workers.
class Identity {
 public:
  /// Reads PEM files: the leaf first, then its issuers; one file may hold both chain and key. kInvalid names the file
  /// and what is wrong with it, and never a key's content.
  static Result<std::shared_ptr<const Identity>> Load(const std::string& chain_path, const std::string& key_path);
  /// The same from PEM text.
  static Result<std::shared_ptr<const Identity>> FromPem(std::string_view chain, std::string_view key);
  ~Identity();
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;

  /// The leaf: names, not_after and so on.
  const CertificateInfo& certificate() const;
  bool ecdsa() const;

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  explicit Identity(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace starlock::tls
