#pragma once

#include <string>

namespace starlock::cli {

/// Validates a configuration file and the files it names, and prints the findings. Returns the exit status: 0, also
/// with warnings, or 2.
int Check(const std::string& file);

}  // namespace starlock::cli
