#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tls/identity.h"

namespace starlock::tls {

/// Which certificates to offer for a name, best first. The handshake takes the first that the client can verify.
class CertificateMap {
 public:
  using Identities = std::vector<const Identity*>;

  /// At least one identity. They must outlive the map.
  explicit CertificateMap(const std::vector<std::shared_ptr<const Identity>>& identities);

  /// Those of the name itself, those of a wildcard for its last label, then the default ones. ECDSA goes before RSA.
  /// An unknown or empty name gets the default ones: better a name that does not match than no answer at all.
  Identities For(std::string_view server_name) const;

  /// The first identity and its twins (same names, other keys), then the first one with another kind of key, for a
  /// client that could verify none of these.
  const Identities& defaults() const { return defaults_; }

 private:
  void Append(Identities& list, const std::string& name) const;

  std::map<std::string, Identities, std::less<>> by_name_;
  Identities defaults_;
};

}  // namespace starlock::tls
