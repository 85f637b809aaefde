#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "tls/certificate_map.h"
#include "tls/context.h"
#include "tls/session_family_impl.h"
#include "tls/ticket_keys.h"

namespace starlock::tls {

struct ServerContext::Impl {
  explicit Impl(const ServerSettings& settings);

  /// A new connection in the server role. With a `family` it resumes only the sessions of that family. Aborts without
  /// memory.
  bssl::UniquePtr<SSL> NewSsl(SessionFamily* family = nullptr);

  std::vector<std::shared_ptr<const Identity>> identities;
  CertificateMap certificates;
  std::shared_ptr<TicketKeys> tickets;
  std::vector<uint8_t> alpn;  ///< in wire format; empty: ALPN is not used
  bool alpn_required;
  bssl::UniquePtr<SSL_CTX> context;
};

}  // namespace starlock::tls
