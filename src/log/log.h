#pragma once

#include <chrono>
#include <cstddef>
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
#include "base/result.h"

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

/// What a log contains, and how.
struct LogOptions {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;
  LogSessions sessions = LogSessions::kAll;
  size_t ring_bytes = size_t{16} << 20;  ///< memory for lines that wait to be written
};

/// The log: one line per event on stderr, another descriptor or a file, as text or JSON. Thread-safe.
///
/// Values may come from peers, so they are escaped: an event is always one line of ASCII, and a value always one value.
/// In text, a value that is not plain printable ASCII is quoted and escaped; in JSON, invalid UTF-8 is replaced.
///
/// No call waits for the log to be written: lines go through a bounded ring to a thread (LogWriter). While the reader
/// of the log is slow or the disk is full, the oldest session records are dropped, then the oldest other lines; the log
/// says how many. The process must ignore SIGPIPE and SIGXFSZ.
class Logger {
 public:
  /// Writes to a duplicate of `fd`.
  explicit Logger(const LogOptions& options, int fd = 2);
  explicit Logger(LogLevel level = LogLevel::kInfo, LogFormat format = LogFormat::kText, int fd = 2);
  /// Appends to a file. Records of the start (Record) also go to `start_fd`. kSystem: the file cannot be opened.
  static Result<std::unique_ptr<Logger>> ToFile(const LogOptions& options, const std::string& path, int start_fd = 2);
  /// Closes the log, after at most LogWriter::kClosing.
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

  /// Writes a record: an event that is written at every level (`listening`). Text: `<event> key=value …`, with no
  /// prefix. JSON: `time`, `event` and the fields.
  void Record(std::string_view event, std::span<const Field> fields);
  void Record(std::string_view event, std::initializer_list<Field> fields) {
    Record(event, std::span<const Field>(fields.begin(), fields.size()));
  }

  /// Writes the record `session` of a session, unless LogOptions::sessions excludes it. `failed`: it did not end as
  /// `closed`.
  void RecordSession(bool failed, std::span<const Field> fields);

  /// Opens the log file again, after a rotation, and says so.
  void Reopen();
  /// Waits until all lines are written or lost; at most `limit`. Returns whether that is so.
  bool Flush(std::chrono::milliseconds limit);
  /// Flushes for at most `limit` and closes the log. What is logged afterwards is lost.
  void Close(std::chrono::milliseconds limit);

 private:
  class Impl;
  explicit Logger(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace starlock
