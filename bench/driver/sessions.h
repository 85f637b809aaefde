#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "driver/client.h"

namespace starlock::bench {

struct SessionsOrder {
  std::string protocol;
  bool starttls = false;
  bool resume = false;  ///< resume the TLS session of a first session, which is not measured
  uint64_t count = 0;
  uint64_t at_once = 1;  ///< how many are open at a time
};

/// Runs complete sessions, from connect to close.
nlohmann::json RunSessions(Target& target, const SessionsOrder& order);

}  // namespace starlock::bench
