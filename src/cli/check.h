#pragma once

#include <string>

namespace starlock::cli {

/// Validates a configuration file and what it names, and prints what it found. The process's exit status: 0, also with
/// warnings, or 2.
int Check(const std::string& file);

}  // namespace starlock::cli
