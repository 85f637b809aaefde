#pragma once

#include "config/config.h"

namespace starlock::cli {

/// Runs the proxy in the foreground until a signal ends it. Returns the exit status.
int RunProxy(const config::Config& config);

}  // namespace starlock::cli
