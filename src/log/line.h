#pragma once

#include <span>
#include <string>
#include <string_view>

#include "log/log.h"

/// How an event becomes a line (without its line end). Apart from the Logger, so that it can be tested as what it is: a
/// pure function that no input must be able to talk out of one line and one value a field.
namespace starlock {

/// What stands before the event: nothing for a record. `time` is always there for JSON.
struct LinePrefix {
  std::string_view time;
  std::string_view level;
};

/// `<time> <level> <event> key=value …`, or `<event> key=value …` where `prefix.level` is empty.
std::string TextLine(const LinePrefix& prefix, std::string_view event, std::span<const Field> fields);

/// A JSON object in ASCII: `time`, `level` unless empty, `event`, then the fields in their order.
std::string JsonLine(const LinePrefix& prefix, std::string_view event, std::span<const Field> fields);

/// Now in UTC, to the millisecond: `2026-01-31T23:59:59.123Z` (RFC 3339).
std::string TimeStamp();

}  // namespace starlock
