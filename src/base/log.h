#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace starlock {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarning, kError };
enum class LogFormat : uint8_t { kText, kJson };

/// The configuration's words: debug, info, warning, error; text, json.
std::string_view ToString(LogLevel level);
std::string_view ToString(LogFormat format);

/// What a leg's TLS came to, for a record. An empty `version` is a leg in plaintext.
struct TlsDescription {
  std::string version;  ///< `TLSv1.3`
  std::string cipher;   ///< `TLS_AES_128_GCM_SHA256`
  std::string group;    ///< `X25519MLKEM768`; may be empty
};

/// One `key=value` of a log line. A value is nothing, a truth, a number, a text or what a leg's TLS came to.
struct Field {
  using Value = std::variant<std::nullptr_t, bool, int64_t, std::string, TlsDescription>;

  std::string_view key;  ///< a literal of ours: lower case letters and `_`
  Value value;
};

/// The log: one line an event on stderr (or another descriptor), as text or as JSON, from any thread.
///
/// Whatever a peer managed to get into a value, an event stays one line of ASCII, and a value one value: in text, one
/// that holds anything but harmless printable ASCII is quoted and escaped; in JSON, invalid UTF-8 is replaced.
/// A line is one write, and what cannot be written is lost: the log never ends or blocks the process beyond that write.
/// (SIGPIPE must be ignored by the process.)
class Logger {
 public:
  /// Writes to `fd`, which must stay open and remains the caller's.
  explicit Logger(LogLevel level = LogLevel::kInfo, LogFormat format = LogFormat::kText, int fd = 2);
  ~Logger();
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  /// Whether an event of this level is written.
  bool Enabled(LogLevel level) const;

  /// Writes an event of at least the level that was asked for. Text: `<time> <level> <event> key=value …`, where
  /// `event` is a few words or a sentence. JSON: `time`, `level`, `event` and the fields.
  void Event(LogLevel level, std::string_view event, std::span<const Field> fields = {});
  void Event(LogLevel level, std::string_view event, std::initializer_list<Field> fields) {
    Event(level, event, std::span<const Field>(fields.begin(), fields.size()));
  }

  /// Writes a record: an event that is written whatever the level (`listening`, `session`). Text: `<event> key=value …`
  /// with nothing before it. JSON: `time`, `event` and the fields.
  void Record(std::string_view event, std::span<const Field> fields);
  void Record(std::string_view event, std::initializer_list<Field> fields) {
    Record(event, std::span<const Field>(fields.begin(), fields.size()));
  }

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace starlock
