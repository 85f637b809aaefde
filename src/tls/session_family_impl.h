#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "tls/session_cache.h"
#include "tls/tls_stream.h"

namespace starlock::tls {

struct SessionFamily::Impl {
  static constexpr size_t kIdSize = 32;
  Impl();

  SessionCache sessions;                 ///< client role: to offer; server role: the control connection's, by id
  std::array<uint8_t, kIdSize> id = {};  ///< server role: random; every ticket depends on it
  /// Server role: the control connection's handshake is done. A full handshake from then on is a stranger's, and its
  /// session does not become one of the family.
  bool settled = false;
};

}  // namespace starlock::tls
