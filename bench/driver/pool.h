#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>

#include "driver/client.h"

/// Loads over connections that stand before the measurement begins: each has exchanged a byte with the backend, so
/// that the proxy has done all that belongs to setting it up.
namespace starlock::bench {

struct BulkOrder {
  char what = 'D';  ///< D or U, as in raw
  uint64_t bytes = 0;
  uint16_t record = 16384;
  uint64_t connections = 1;  ///< each carries its share of the bytes
  bool check = false;
};

nlohmann::json RunBulk(Target& target, const BulkOrder& order);

struct LatencyOrder {
  uint64_t connections = 1;
  uint64_t count = 0;  ///< exchanges
  uint64_t rate = 0;   ///< a second, at fixed times, whether the earlier ones have been answered or not
  uint64_t size = 128;
};

/// Time from when a request was due to its whole reply, in microseconds; `lag`: how late we were ourselves.
nlohmann::json RunLatency(Target& target, const LatencyOrder& order);

/// Connections that stand and say nothing, until a second line comes on stdin.
nlohmann::json RunIdle(Target& target, uint64_t connections);

}  // namespace starlock::bench
