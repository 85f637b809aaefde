#include "driver/loop.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace starlock::bench {

void Fail(const std::string& why) {
  std::fprintf(stderr, "driver: %s (%s)\n", why.c_str(), std::strerror(errno));
  std::_Exit(1);
}

double CpuSeconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

Loop::Loop() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) Fail("epoll_create1");
}

Loop::~Loop() { close(epoll_); }

void Loop::Add(int fd, uint32_t events, Watched* watched) {
  epoll_event event{events, {.ptr = watched}};
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) Fail("epoll_ctl");
}

void Loop::Change(int fd, uint32_t events, Watched* watched) {
  epoll_event event{events, {.ptr = watched}};
  if (epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event) != 0) Fail("epoll_ctl");
}

void Loop::Remove(int fd) { epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr); }

void Loop::Turn(std::chrono::nanoseconds longest) {
  std::array<epoll_event, 256> events{};
  const auto count = longest.count() > 0 ? longest.count() : 0;
  const timespec timeout{count / 1'000'000'000, count % 1'000'000'000};
  const int n = epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &timeout, nullptr);
  if (n < 0 && errno != EINTR) Fail("epoll_pwait2");
  for (int i = 0; i < n; ++i) {
    const epoll_event& event = events.at(static_cast<size_t>(i));
    static_cast<Watched*>(event.data.ptr)->OnReady(event.events);
  }
}

void Loop::Run() {
  while (running_) Turn(std::chrono::hours(1));
}

}  // namespace starlock::bench
