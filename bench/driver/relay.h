#pragma once

#include <cstddef>
#include <cstdint>

namespace starlock::bench {

/// The lower bound for a proxy: copies bytes in both directions through one buffer, with back-pressure and half-close.
/// Listens on port `from`, connects to port `to`. Never returns.
[[noreturn]] void RunRelay(uint16_t from, uint16_t to, size_t buffer);

}  // namespace starlock::bench
