#include "log/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>

#include "log/line.h"

namespace starlock {
namespace {

// Above every configurable level, so that records are always written.
constexpr auto kRecordLevel = spdlog::level::critical;

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// Writes each message as one line to a descriptor. spdlog's own stderr sinks throw if a write fails.
class DescriptorSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit DescriptorSink(int fd) : fd_(fd) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    // After a partial write, a line end keeps the next line apart from the torn one.
    line_.assign(torn_ ? "\n" : "");
    line_.append(message.payload.data(), message.payload.size());
    line_ += '\n';
    Write(line_);
  }
  void flush_() override {}

 private:
  void Write(std::string_view rest) {
    bool begun = torn_;
    while (!rest.empty()) {
      const ssize_t written = write(fd_, rest.data(), rest.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) break;
      begun = true;
      rest.remove_prefix(static_cast<size_t>(written));
    }
    torn_ = begun && !rest.empty();
  }

  const int fd_;
  std::string line_;
  bool torn_ = false;
};

}  // namespace

class Logger::Impl {
 public:
  Impl(LogLevel level, LogFormat format, int fd)
      : format_(format), logger_("starlock", std::make_shared<DescriptorSink>(fd)) {
    logger_.set_level(ToSpdlog(level));
    logger_.set_error_handler([](const std::string&) {});
  }

  bool Enabled(LogLevel level) const { return logger_.should_log(ToSpdlog(level)); }

  void Log(spdlog::level::level_enum level, const LinePrefix& prefix, std::string_view event,
           std::span<const Field> fields) {
    const std::string line =
        format_ == LogFormat::kJson ? JsonLine(prefix, event, fields) : TextLine(prefix, event, fields);
    logger_.log(level, spdlog::string_view_t(line.data(), line.size()));
  }

 private:
  const LogFormat format_;
  spdlog::logger logger_;
};

Logger::Logger(LogLevel level, LogFormat format, int fd) : impl_(std::make_unique<Impl>(level, format, fd)) {}
Logger::~Logger() = default;

bool Logger::Enabled(LogLevel level) const { return impl_->Enabled(level); }

void Logger::Event(LogLevel level, std::string_view event, std::span<const Field> fields) {
  if (!Enabled(level)) return;
  const std::string time = TimeStamp();
  impl_->Log(ToSpdlog(level), {time, ToString(level)}, event, fields);
}

void Logger::Record(std::string_view event, std::span<const Field> fields) {
  const std::string time = TimeStamp();
  impl_->Log(kRecordLevel, {time, {}}, event, fields);
}

}  // namespace starlock
