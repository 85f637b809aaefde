#pragma once

#include <cstddef>
#include <cstdint>

namespace starlock::bench {

/// The floor: a relay that reads and writes, with one buffer, and knows nothing. Listens on `from`, connects to `to`;
/// both ways, back-pressure, half-close. Never returns.
[[noreturn]] void RunRelay(uint16_t from, uint16_t to, size_t buffer);

}  // namespace starlock::bench
