#pragma once

#include <chrono>
#include <string>

/// Dates and spans as people read them.
namespace starlock::cli {

using Time = std::chrono::system_clock::time_point;

/// A certificate that ends sooner deserves a warning.
inline constexpr std::chrono::days kSoon{14};

/// `2026-01-31T23:59:59Z`: UTC, as RFC 3339 has it.
std::string DateTime(Time time);
/// `2026-01-31`.
std::string Date(Time time);
/// `1 day`, `12 days`: only whole ones count.
std::string Days(std::chrono::system_clock::duration span);

}  // namespace starlock::cli
