#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/log_level.h"

namespace starlock {

/// A value of several named parts, in order. Text: the parts joined by `/`, an empty one as `-`. JSON: an object, an
/// empty part as null.
struct Compound {
  struct Part {
    std::string_view key;  ///< a literal: lower case letters and `_`
    std::string value;
  };
  std::vector<Part> parts;
};

/// One `key=value` of a log line. A value is null, a boolean, a number, a text or a Compound.
struct Field {
  using Value = std::variant<std::nullptr_t, bool, int64_t, std::string, Compound>;

  std::string_view key;  ///< a literal: lower case letters and `_`
  Value value;
};

/// The log: one line per event on stderr or another descriptor, as text or JSON. Thread-safe.
///
/// Values may come from peers, so they are escaped: an event is always one line of ASCII, and a value always one value.
/// In text, a value that is not plain printable ASCII is quoted and escaped; in JSON, invalid UTF-8 is replaced.
/// A line is one write. A line that cannot be written is lost. The process must ignore SIGPIPE.
class Logger {
 public:
  /// Writes to `fd`, which must stay open and remains the caller's.
  explicit Logger(LogLevel level = LogLevel::kInfo, LogFormat format = LogFormat::kText, int fd = 2);
  ~Logger();
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  /// Whether an event of this level is written.
  bool Enabled(LogLevel level) const;

  /// Writes an event, if its level is enabled. Text: `<time> <level> <event> key=value …`, where `event` is a few words
  /// or a sentence. JSON: `time`, `level`, `event` and the fields.
  void Event(LogLevel level, std::string_view event, std::span<const Field> fields = {});
  void Event(LogLevel level, std::string_view event, std::initializer_list<Field> fields) {
    Event(level, event, std::span<const Field>(fields.begin(), fields.size()));
  }

  /// Writes a record: an event that is written at every level (`listening`, `session`). Text: `<event> key=value …`,
  /// with no prefix. JSON: `time`, `event` and the fields.
  void Record(std::string_view event, std::span<const Field> fields);
  void Record(std::string_view event, std::initializer_list<Field> fields) {
    Record(event, std::span<const Field>(fields.begin(), fields.size()));
  }

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace starlock
