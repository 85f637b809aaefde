#include "cli/run.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace {

std::atomic<bool> refuse_listeners = false;

bool Listens(int fd) {
  int listens = 0;
  socklen_t size = sizeof(listens);
  return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0;
}

}  // namespace

// Replaces the C library's function: listening sockets cannot be watched, as when fs.epoll.max_user_watches is reached.
extern "C" int epoll_ctl(int epoll, int operation, int fd, epoll_event* event) noexcept {
  static const auto next = reinterpret_cast<decltype(&epoll_ctl)>(dlsym(RTLD_NEXT, "epoll_ctl"));
  if (refuse_listeners && operation == EPOLL_CTL_ADD && Listens(fd)) {
    errno = ENOSPC;
    return -1;
  }
  return next(epoll, operation, fd, event);
}

namespace starlock::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

config::Config OneListener() {
  config::Listener listener;
  listener.name = "front";
  listener.listen = {{"127.0.0.1", 0}};
  listener.listen_at = {"f.yaml", 3, 13};
  listener.protocol = "smtp";
  listener.server.address = {{"127.0.0.1", 25}};
  config::Config config;
  config.workers = 2;
  config.listeners = {listener};
  return config;
}

TEST(RunTest, FailsIfAListenerCannotBeWatched) {
  refuse_listeners = true;
  alarm(60);  // a proxy that starts despite the error would run for ever
  testing::internal::CaptureStderr();
  EXPECT_EQ(RunProxy(OneListener()), 1);
  const std::string said = testing::internal::GetCapturedStderr();
  alarm(0);
  refuse_listeners = false;
  EXPECT_THAT(said, HasSubstr("f.yaml:3:13: cannot listen on 127.0.0.1:"));
  EXPECT_THAT(said, HasSubstr("No space left on device"));
  EXPECT_THAT(said, Not(HasSubstr("listening name=")));
}

}  // namespace
}  // namespace starlock::cli
