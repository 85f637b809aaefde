#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/error.h"
#include "log/ring.h"
#include "log/sink.h"

namespace starlock {

/// Writes log lines on a thread of its own, so that no caller ever waits for a slow reader, a full pipe or a full disk.
/// Thread-safe.
///
/// Lines wait in a LogRing. The thread writes many of them at once and pauses for some milliseconds between two writes,
/// so a busy process does not wake it for each line. After a full disk (ENOSPC, EDQUOT) it tries again every second and
/// lines go on waiting. After any other error (the reader of a pipe is gone) what it was about to write is lost.
class LogWriter {
 public:
  /// Makes the lines that the writer itself adds, with their line ends. Called on the writer's thread.
  struct Notices {
    /// `count` lines were lost since the last such notice: dropped by the ring (`error` is 0), or not written because
    /// of that errno.
    std::function<std::string(uint64_t count, int error)> lost;
    /// The log file was opened again, or could not be.
    std::function<std::string(const Error& error)> reopened;
  };

  LogWriter(LogSink sink, size_t ring_bytes, Notices notices);
  /// Close(kClosing).
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  /// Never blocks on the sink. `line` includes its line end.
  void Push(LogRing::Kind kind, std::string line);
  /// Opens a file again under its name, before the next line is written.
  void Reopen();
  /// Waits until every line pushed before has been written or lost; at most `limit`. Returns whether that is so.
  bool Flush(std::chrono::milliseconds limit);
  /// Flushes and ends the thread. If that takes longer than `limit`, leaves the thread behind; it ends by itself, at
  /// the latest with the process. Lines that were not written are lost. What is pushed afterwards is lost.
  void Close(std::chrono::milliseconds limit);

  static constexpr std::chrono::milliseconds kClosing{1000};

 private:
  struct State;
  std::shared_ptr<State> state_;  ///< shared with the thread, which may be left behind
  std::thread thread_;
};

}  // namespace starlock
