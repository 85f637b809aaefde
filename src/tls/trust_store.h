#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace starlock::tls {

/// The trust anchors of a PEM file: a server's chain may end in any of them. Immutable and thread-safe; shared by all
/// contexts.
class TrustStore {
 public:
  /// Loads `ca_file`; empty: the system's, which is $SSL_CERT_FILE or the first bundle found in the usual places of
  /// distributions. kInvalid: names the file and the problem, or the places that were searched.
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
