#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "driver/client.h"

namespace starlock::bench {

struct SessionsOrder {
  std::string protocol;
  bool starttls = false;
  bool resume = false;  ///< all sessions but a first one, which is not counted, resume that one's TLS
  uint64_t count = 0;
  uint64_t at_once = 1;
};

/// Whole sessions, one after another, so many at once.
nlohmann::json RunSessions(Target& target, const SessionsOrder& order);

}  // namespace starlock::bench
