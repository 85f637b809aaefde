#pragma once

#include <cstdint>

#include "base/log.h"

namespace starlock::proxy {

/// Raises the process's limit of open descriptors as far as it may go, and warns where that is too few for
/// `max_connections` sessions of two sockets each (0: no limit, nothing to warn of).
void RaiseDescriptorLimit(uint32_t max_connections, Logger& log);

}  // namespace starlock::proxy
