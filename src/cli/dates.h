#pragma once

#include <chrono>
#include <string>

/// Dates and durations as text.
namespace starlock::cli {

using Time = std::chrono::system_clock::time_point;

/// A certificate that expires sooner causes a warning.
inline constexpr std::chrono::days kSoon{14};

/// `2026-01-31T23:59:59Z`: UTC (RFC 3339).
std::string DateTime(Time time);
/// `2026-01-31`.
std::string Date(Time time);
/// `1 day`, `12 days`: whole days, rounded down.
std::string Days(std::chrono::system_clock::duration span);

}  // namespace starlock::cli
