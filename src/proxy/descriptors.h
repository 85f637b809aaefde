#pragma once

#include <cstddef>
#include <cstdint>

#include "config/config.h"
#include "log/log.h"

namespace starlock::proxy {

/// How many descriptors a process of this configuration may come to need: its own, the pipes' of each of `workers`, and
/// for each of max_connections the sockets of a session. Those are two; where the protocol has data connections, two
/// more for each of the two that a session may have at once. 0: max_connections is no limit, so nobody can tell.
uint64_t DescriptorsNeeded(const config::Config& config, size_t workers);

/// Raises the process's limit of open descriptors as far as it may go, and warns where that is less than `needed`.
void RaiseDescriptorLimit(uint64_t needed, Logger& log);

}  // namespace starlock::proxy
