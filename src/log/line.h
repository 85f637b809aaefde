#pragma once

#include <span>
#include <string>
#include <string_view>

#include "log/log.h"

/// Formats an event as a line, without the line end. Pure functions: whatever the input, the result is one line, and
/// each field has exactly one value.
namespace starlock {

/// What precedes the event. A text record has no prefix; JSON always has `time`.
struct LinePrefix {
  std::string_view time;
  std::string_view level;
};

/// `<time> <level> <event> key=value …`, or `<event> key=value …` if `prefix.level` is empty.
std::string TextLine(const LinePrefix& prefix, std::string_view event, std::span<const Field> fields);

/// A JSON object in ASCII: `time`, `level` unless empty, `event`, then the fields in order.
std::string JsonLine(const LinePrefix& prefix, std::string_view event, std::span<const Field> fields);

/// The current time in UTC, in milliseconds: `2026-01-31T23:59:59.123Z` (RFC 3339).
std::string TimeStamp();

}  // namespace starlock
