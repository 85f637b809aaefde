#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>

#include "driver/client.h"

/// Loads over connections that are open before the measurement starts. Each has exchanged a byte with the backend, so
/// the proxy has finished all setup work.
namespace starlock::bench {

struct BulkOrder {
  char what = 'D';  ///< D or U, see raw.h
  uint64_t bytes = 0;
  uint16_t record = 16384;
  uint64_t connections = 1;  ///< each carries an equal share of the bytes
  bool check = false;
};

nlohmann::json RunBulk(Target& target, const BulkOrder& order);

struct LatencyOrder {
  uint64_t connections = 1;
  uint64_t count = 0;  ///< exchanges
  uint64_t rate = 0;   ///< exchanges per second, at fixed times, even where earlier ones are unanswered
  uint64_t size = 128;
};

/// Latency: from the time when a request was due to its complete reply, in microseconds. `lag`: how late the driver
/// itself was.
nlohmann::json RunLatency(Target& target, const LatencyOrder& order);

/// Open connections that send nothing until stdin has a second line.
nlohmann::json RunIdle(Target& target, uint64_t connections);

}  // namespace starlock::bench
