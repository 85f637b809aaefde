#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tls/identity.h"

namespace starlock::tls {

/// Chooses the certificates to offer for a server name, in order of preference. The handshake uses the first that the
/// client supports.
class CertificateMap {
 public:
  using Identities = std::vector<const Identity*>;

  /// At least one identity. They must outlive the map.
  explicit CertificateMap(const std::vector<std::shared_ptr<const Identity>>& identities);

  /// Certificates for the name itself, then for its wildcard, then the defaults. ECDSA comes before RSA. An unknown or
  /// empty name gets the defaults: the client decides whether to accept another name.
  Identities For(std::string_view server_name) const;

  /// The first identity and those with the same names (other keys), then the first one with another key type. The later
  /// ones are for clients that do not support the earlier ones.
  const Identities& defaults() const { return defaults_; }

 private:
  void Append(Identities& list, const std::string& name) const;

  std::map<std::string, Identities, std::less<>> by_name_;
  Identities defaults_;
};

}  // namespace starlock::tls
