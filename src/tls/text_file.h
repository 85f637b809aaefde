#pragma once

#include <string>

#include "base/result.h"

namespace starlock::tls {

/// Reads a file of at most 16 MiB. kInvalid: names the file and says why it cannot be read.
Result<std::string> ReadTextFile(const std::string& path);

}  // namespace starlock::tls
