#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace starlock::bench {

using Clock = std::chrono::steady_clock;

/// What a loop calls when its descriptor can be read or written.
class Watched {
 public:
  virtual ~Watched() = default;
  /// May destroy this, but no other that is watched.
  virtual void OnReady(uint32_t events) = 0;
};

/// epoll, level-triggered.
class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// `events`: EPOLLIN, EPOLLOUT. A descriptor that is closed is forgotten.
  void Add(int fd, uint32_t events, Watched* watched);
  void Change(int fd, uint32_t events, Watched* watched);
  void Remove(int fd);
  /// Waits once, for at most `longest`, and calls whom it concerns.
  void Turn(std::chrono::nanoseconds longest);
  /// Turns until Stop.
  void Run();
  void Stop() { running_ = false; }

 private:
  int epoll_;
  bool running_ = true;
};

/// Ends the program with `words` on stderr: a load that went wrong is no measurement.
[[noreturn]] void Fail(const char* words);

/// CPU time of this process so far, in seconds.
double CpuSeconds();

}  // namespace starlock::bench
