#include "log/log.h"

#include <fmt/format.h>

#include <system_error>

#include "log/line.h"
#include "log/writer.h"

namespace starlock {
namespace {

std::string FormatLine(LogFormat format, const LinePrefix& prefix, std::string_view event,
                       std::span<const Field> fields) {
  std::string line = format == LogFormat::kJson ? JsonLine(prefix, event, fields) : TextLine(prefix, event, fields);
  line += '\n';
  return line;
}

std::string EventLine(LogFormat format, LogLevel level, std::string_view event, std::span<const Field> fields) {
  const std::string time = TimeStamp();
  return FormatLine(format, {time, ToString(level)}, event, fields);
}

std::string LostLine(LogFormat format, uint64_t count, int error) {
  const Field fields[] = {
      {"lost", static_cast<int64_t>(count)},
      {"why", error == 0 ? "the reader of the log is too slow, or its disk was full"
                         : fmt::format("the log cannot be written: {}", std::generic_category().message(error))}};
  return EventLine(format, LogLevel::kWarning, fmt::format("{} records lost", count), fields);
}

std::string ReopenedLine(LogFormat format, const Error& error) {
  if (!error) return EventLine(format, LogLevel::kInfo, "log file opened again", {});
  const Field fields[] = {{"why", error.detail}};
  return EventLine(format, LogLevel::kError, "log file not opened again; continuing with the old one", fields);
}

LogWriter::Notices NoticesIn(LogFormat format) {
  return {.lost = [format](uint64_t count, int error) { return LostLine(format, count, error); },
          .reopened = [format](const Error& error) { return ReopenedLine(format, error); }};
}

}  // namespace

class Logger::Impl {
 public:
  Impl(const LogOptions& options, LogSink sink)
      : options_(options), writer_(std::move(sink), options.ring_bytes, NoticesIn(options.format)) {}

  const LogOptions& options() const { return options_; }
  LogWriter& writer() { return writer_; }
  /// A second place for the records of the start, or nullptr.
  std::unique_ptr<LogWriter> start;

 private:
  const LogOptions options_;
  LogWriter writer_;
};

Logger::Logger(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Logger::Logger(const LogOptions& options, int fd) : Logger(std::make_unique<Impl>(options, LogSink(fd))) {}
Logger::Logger(LogLevel level, LogFormat format, int fd) : Logger(LogOptions{.level = level, .format = format}, fd) {}
Logger::~Logger() = default;

Result<std::unique_ptr<Logger>> Logger::ToFile(const LogOptions& options, const std::string& path, int start_fd) {
  auto sink = LogSink::OpenFile(path);
  if (!sink) return sink.error();
  auto impl = std::make_unique<Impl>(options, std::move(sink).value());
  impl->start = std::make_unique<LogWriter>(LogSink(start_fd), options.ring_bytes, NoticesIn(options.format));
  return std::unique_ptr<Logger>(new Logger(std::move(impl)));
}

bool Logger::Enabled(LogLevel level) const { return level >= impl_->options().level; }

void Logger::Event(LogLevel level, std::string_view event, std::span<const Field> fields) {
  if (!Enabled(level)) return;
  impl_->writer().Push(LogRing::Kind::kOther, EventLine(impl_->options().format, level, event, fields));
}

void Logger::Record(std::string_view event, std::span<const Field> fields) {
  const std::string time = TimeStamp();
  std::string line = FormatLine(impl_->options().format, {time, {}}, event, fields);
  if (impl_->start) impl_->start->Push(LogRing::Kind::kOther, line);
  impl_->writer().Push(LogRing::Kind::kOther, std::move(line));
}

void Logger::RecordSession(bool failed, std::span<const Field> fields) {
  const LogSessions wanted = impl_->options().sessions;
  if (wanted == LogSessions::kNone || (wanted == LogSessions::kFailed && !failed)) return;
  const std::string time = TimeStamp();
  impl_->writer().Push(LogRing::Kind::kSession, FormatLine(impl_->options().format, {time, {}}, "session", fields));
}

void Logger::Reopen() { impl_->writer().Reopen(); }

bool Logger::Flush(std::chrono::milliseconds limit) {
  const bool start = !impl_->start || impl_->start->Flush(limit);
  return impl_->writer().Flush(limit) && start;
}

void Logger::Close(std::chrono::milliseconds limit) {
  impl_->writer().Close(limit);
  if (impl_->start) impl_->start->Close(limit);
}

}  // namespace starlock
