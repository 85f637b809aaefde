#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace starlock::tls {

/// The certificates that a server's chain may end in: every one of a PEM file is trusted as such. Immutable and
/// thread-safe, so that all contexts can share one.
class TrustStore {
 public:
  /// Loads `ca_file`; empty: the system's, which is $SSL_CERT_FILE or the first of the places where distributions keep
  /// their bundle. kInvalid names the file and what is wrong, or says where it looked.
  static Result<std::shared_ptr<const TrustStore>> Load(const std::string& ca_file);
  ~TrustStore();
  TrustStore(const TrustStore&) = delete;
  TrustStore& operator=(const TrustStore&) = delete;

  const std::string& path() const { return path_; }
  size_t size() const { return size_; }

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  TrustStore(std::string path, std::unique_ptr<Impl> impl, size_t size);
  std::string path_;
  std::unique_ptr<Impl> impl_;
  size_t size_;
};

}  // namespace starlock::tls
