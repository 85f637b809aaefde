#include "proxy/descriptors.h"

#include <sys/resource.h>

#include <algorithm>

#include "net/pipe.h"
#include "protocol/dialects.h"

namespace starlock::proxy {
namespace {

bool HasDataConnections(const config::Listener& listener) {
  const protocol::Dialect* dialect = protocol::FindDialect(listener.protocol);
  return dialect != nullptr && !dialect->data_alpn.empty();
}

}  // namespace

uint64_t DescriptorsNeeded(const config::Config& config, size_t workers) {
  constexpr uint64_t kProcess = 64;  // listeners, loops, the log, files
  constexpr uint64_t kPipes = 2 * net::PipePool::kMost;
  constexpr uint64_t kControl = 2;
  constexpr uint64_t kData = 2 * 2;  // the current one, and the previous one while it is flushed
  if (config.limits.max_connections == 0) return 0;
  const bool data = std::any_of(config.listeners.begin(), config.listeners.end(), HasDataConnections);
  return config.limits.max_connections * (kControl + (data ? kData : 0)) + workers * kPipes + kProcess;
}

void RaiseDescriptorLimit(uint64_t needed, Logger& log) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  static_cast<void>(setrlimit(RLIMIT_NOFILE, &limit));  // the warning below covers a failure
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= needed) return;
  log.Event(LogLevel::kWarning, "too few file descriptors for max_connections",
            {{"allowed", static_cast<int64_t>(limit.rlim_cur)}, {"needed", static_cast<int64_t>(needed)}});
}

}  // namespace starlock::proxy
