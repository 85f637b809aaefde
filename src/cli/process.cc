#include "cli/process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <initializer_list>

namespace starlock::cli {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
constexpr bool kSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool kSanitized = false;
#endif

// As many as look-ups that hang at the same time before other look-ups have to wait. libuv's default is 4.
constexpr const char* kLookupThreads = "32";

constexpr int kOtherSignals[] = {SIGHUP, SIGUSR1, SIGUSR2};

void LeaveAtOnce(int /*signal*/) { _exit(1); }

}  // namespace

void OpenStandardDescriptors() {
  int fd = 0;
  do {
    fd = open("/dev/null", O_RDWR);
  } while (fd >= 0 && fd <= 2);
  if (fd > 2) close(fd);
}

void IgnoreWriteSignals() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

void PrepareToRun() {
  const rlimit none{0, 0};
  static_cast<void>(setrlimit(RLIMIT_CORE, &none));  // for a dump to a file; the next covers a dump to a pipe as well
  if (!kSanitized) static_cast<void>(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
  static_cast<void>(setenv("UV_THREADPOOL_SIZE", kLookupThreads, 0));  // an operator may have set another number
  for (const int number : kOtherSignals) std::signal(number, SIG_IGN);
}

void LetSignalsEndProcess() {
  for (const int number : {SIGTERM, SIGINT}) std::signal(number, LeaveAtOnce);
  for (const int number : kOtherSignals) std::signal(number, SIG_IGN);
}

}  // namespace starlock::cli
