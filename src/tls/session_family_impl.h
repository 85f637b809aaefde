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

  SessionCache sessions;                 ///< client role
  std::array<uint8_t, kIdSize> id = {};  ///< server role: random; every ticket depends on it
};

}  // namespace starlock::tls
