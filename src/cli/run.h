#pragma once

#include <span>

#include "config/config.h"
#include "config/reader.h"

namespace starlock::cli {

/// Runs the proxy in the foreground until a signal ends it; `warnings`, about the configuration, go to its log. Returns
/// the exit status, or ends the process with it while a name look-up hangs.
int RunProxy(const config::Config& config, std::span<const config::Diagnostic> warnings = {});

}  // namespace starlock::cli
