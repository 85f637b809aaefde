#pragma once

#include <string>

#include "base/result.h"

namespace starlock::tls {

/// The whole of a file of configuration, of at most 16 MiB. kInvalid names it and says why it cannot be had.
Result<std::string> ReadTextFile(const std::string& path);

}  // namespace starlock::tls
