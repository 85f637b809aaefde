#include "proxy/descriptors.h"

#include <sys/resource.h>

namespace starlock::proxy {

void RaiseDescriptorLimit(uint32_t max_connections, Logger& log) {
  constexpr rlim_t kOwn = 64;  // listeners, loops, the log, files
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  static_cast<void>(setrlimit(RLIMIT_NOFILE, &limit));  // what can't be raised is warned of below
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
  const rlim_t needed = rlim_t{max_connections} * 2 + kOwn;
  if (max_connections == 0 || limit.rlim_cur >= needed) return;
  log.Event(LogLevel::kWarning, "too few file descriptors for max_connections",
            {{"allowed", static_cast<int64_t>(limit.rlim_cur)}, {"needed", static_cast<int64_t>(needed)}});
}

}  // namespace starlock::proxy
