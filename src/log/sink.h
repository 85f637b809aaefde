#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "base/result.h"

namespace starlock {

/// Where the log is written: a descriptor that is already open, or a file. For the writer thread alone.
class LogSink {
 public:
  /// Writes to a duplicate of `fd`, whose flags stay as they are: they belong to everyone who shares the descriptor.
  explicit LogSink(int fd);
  /// Appends to a file, which is created with mode 0640. kSystem: says why it cannot be opened.
  static Result<LogSink> OpenFile(const std::string& path);
  ~LogSink();
  LogSink(LogSink&& other) noexcept;
  LogSink(const LogSink&) = delete;
  LogSink& operator=(const LogSink&) = delete;
  LogSink& operator=(LogSink&&) = delete;

  /// Writes `rest`, which consists of whole lines or of the remainder of an earlier call, and removes what was written.
  /// Returns 0 if all was written, else an errno. Blocks while a pipe or a socket is full, unless `abandoned` is set:
  /// then EAGAIN.
  int Write(std::string_view& rest, const std::atomic<bool>& abandoned) const;
  /// Opens the file again under its name, for log rotation. If that fails, the sink keeps the old file. No effect on a
  /// descriptor.
  Error Reopen();
  /// Nothing can be written afterwards.
  void Close();

 private:
  LogSink(int fd, bool owned, std::string path);

  int fd_;
  bool owned_;        ///< false: the duplicate could not be made, so this is the caller's descriptor
  bool is_pipe_;      ///< or a FIFO: only writes of up to PIPE_BUF bytes are atomic
  std::string path_;  ///< empty: not a file
};

}  // namespace starlock
