#include "log/sink.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <system_error>
#include <utility>

namespace starlock {
namespace {

// How soon a sink that waits for its reader notices that it was abandoned.
constexpr int kPatience = 100;  // milliseconds

bool IsPipe(int fd) {
  struct stat status {};
  return fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode);
}

// O_NONBLOCK: opening a FIFO that nobody reads fails instead of blocking.
int OpenForAppend(const std::string& path) {
  return open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
}

Error Failed(const std::string& path, int number) {
  return {ErrorCode::kSystem,
          fmt::format("cannot open the log file {}: {}", path, std::generic_category().message(number))};
}

// The beginning of `rest` that goes into one write. Several processes may share a pipe, so a write must be atomic:
// whole lines, at most PIPE_BUF bytes (pipe(7)). A longer line cannot be atomic.
std::string_view NextPiece(std::string_view rest) {
  if (rest.size() <= PIPE_BUF) return rest;
  const size_t last = rest.substr(0, PIPE_BUF).rfind('\n');
  return rest.substr(0, last != std::string_view::npos ? last + 1 : rest.find('\n') + 1);
}

}  // namespace

LogSink::LogSink(int fd, bool owned, std::string path)
    : fd_(fd), owned_(owned), is_pipe_(IsPipe(fd)), path_(std::move(path)) {}

LogSink::LogSink(int fd) : LogSink(fcntl(fd, F_DUPFD_CLOEXEC, 3), true, {}) {
  if (fd_ >= 0) return;
  fd_ = fd;
  owned_ = false;
  is_pipe_ = IsPipe(fd);
}

Result<LogSink> LogSink::OpenFile(const std::string& path) {
  const int fd = OpenForAppend(path);
  if (fd < 0) return Failed(path, errno);
  return LogSink(fd, true, path);
}

LogSink::~LogSink() { Close(); }

void LogSink::Close() {
  if (std::exchange(owned_, false)) close(fd_);
  fd_ = -1;
}

LogSink::LogSink(LogSink&& other) noexcept
    : fd_(other.fd_),
      owned_(std::exchange(other.owned_, false)),
      is_pipe_(other.is_pipe_),
      path_(std::move(other.path_)) {}

int LogSink::Write(std::string_view& rest, const std::atomic<bool>& abandoned) const {
  while (!rest.empty()) {
    const std::string_view piece = is_pipe_ ? NextPiece(rest) : rest;
    const ssize_t written = write(fd_, piece.data(), piece.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<size_t>(written));
      continue;
    }
    if (errno == EINTR) continue;
    // Someone who shares the descriptor has made it non-blocking.
    if (errno != EAGAIN || abandoned) return errno;
    pollfd full{fd_, POLLOUT, 0};
    poll(&full, 1, kPatience);
  }
  return 0;
}

Error LogSink::Reopen() {
  if (path_.empty()) return {};
  const int fd = OpenForAppend(path_);
  if (fd < 0) return Failed(path_, errno);
  close(std::exchange(fd_, fd));
  is_pipe_ = IsPipe(fd);
  return {};
}

}  // namespace starlock
