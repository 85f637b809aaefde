#pragma once

#include <cstdint>
#include <string_view>

namespace starlock {

/// How much of the log is written: events of this level and above.
enum class LogLevel : uint8_t { kDebug, kInfo, kWarning, kError };
/// How a line of the log is written.
enum class LogFormat : uint8_t { kText, kJson };

/// The configuration's words: debug, info, warning, error.
constexpr std::string_view ToString(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

/// The configuration's words: text, json.
constexpr std::string_view ToString(LogFormat format) { return format == LogFormat::kJson ? "json" : "text"; }

}  // namespace starlock
