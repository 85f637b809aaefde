#pragma once

#include <cstddef>
#include <cstdint>

#include "config/config.h"
#include "log/log.h"

namespace starlock::proxy {

/// The most descriptors that a process with this configuration needs: its own, the pipes of each worker, and the
/// sockets of max_connections sessions. A session has two sockets, and with a protocol that has data connections four
/// more, for at most two data connections at once. 0: unknown, because max_connections is unlimited.
uint64_t DescriptorsNeeded(const config::Config& config, size_t workers);

/// Raises the process's soft limit of open descriptors to the hard limit, and logs a warning if that is below `needed`.
void RaiseDescriptorLimit(uint64_t needed, Logger& log);

}  // namespace starlock::proxy
