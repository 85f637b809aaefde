#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

namespace starlock::bench {

using Clock = std::chrono::steady_clock;

/// Called by a loop when its descriptor is ready.
class Watched {
 public:
  virtual ~Watched() = default;
  /// May destroy this object, but no other that is watched.
  virtual void OnReady(uint32_t events) = 0;
};

/// A level-triggered epoll. Any failure ends the program.
class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// `events`: EPOLLIN, EPOLLOUT. Closing a descriptor removes it.
  void Add(int fd, uint32_t events, Watched* watched);
  void Change(int fd, uint32_t events, Watched* watched);
  void Remove(int fd);
  /// Waits once, for at most `longest`, and calls OnReady of each descriptor that is ready.
  void Turn(std::chrono::nanoseconds longest);
  /// Calls Turn until Stop.
  void Run();
  void Stop() { running_ = false; }

 private:
  int epoll_;
  bool running_ = true;
};

/// Ends the program with `why` and errno on stderr: a failed load is not a valid measurement.
[[noreturn]] void Fail(const std::string& why);

/// The CPU time that this process has used, in seconds.
double CpuSeconds();

}  // namespace starlock::bench
