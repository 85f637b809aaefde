#pragma once

#include <cstdint>

#include "base/words.h"

namespace starlock {

/// The severity of a log event. A configured level selects events of this level and above.
enum class LogLevel : uint8_t { kDebug, kInfo, kWarning, kError };
/// How a log line is written.
enum class LogFormat : uint8_t { kText, kJson };
/// Which sessions write a record: all, those that did not end as `closed`, or none.
enum class LogSessions : uint8_t { kAll, kFailed, kNone };

inline constexpr auto kLogLevelWords = std::to_array<Word<LogLevel>>({
    {"debug", LogLevel::kDebug},
    {"info", LogLevel::kInfo},
    {"warning", LogLevel::kWarning},
    {"error", LogLevel::kError},
});
inline constexpr auto kLogFormatWords =
    std::to_array<Word<LogFormat>>({{"text", LogFormat::kText}, {"json", LogFormat::kJson}});
inline constexpr auto kLogSessionsWords = std::to_array<Word<LogSessions>>(
    {{"all", LogSessions::kAll}, {"failed", LogSessions::kFailed}, {"none", LogSessions::kNone}});

/// `debug`, `info`, `warning`, `error`.
constexpr std::string_view ToString(LogLevel level) { return TextFor(kLogLevelWords, level); }

/// `text`, `json`.
constexpr std::string_view ToString(LogFormat format) { return TextFor(kLogFormatWords, format); }

}  // namespace starlock
