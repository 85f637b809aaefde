#pragma once

#include "demo/part.h"

namespace starlock::demo {

/// What all servers have in common: an upgrade that they offer, once, where their settings ask for TLS.
class ServerPart : public Part {
 public:
  std::string OnTlsUp() override {
    lacks_tls_ = false;
    return {};
  }

 protected:
  explicit ServerPart(const PartSettings& settings) : settings_(settings), lacks_tls_(settings.tls) {}

  const PartSettings& settings() const { return settings_; }
  /// TLS is required and has not started: the server offers the upgrade and nothing else.
  bool lacks_tls() const { return lacks_tls_; }

 private:
  const PartSettings& settings_;
  bool lacks_tls_;
};

}  // namespace starlock::demo
