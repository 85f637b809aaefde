#pragma once

#include <string>

#include "base/result.h"

namespace starlock::tls {

/// Reads a file of at most 16 MiB. kInvalid: names the file and says why it cannot be read. No copy
/// of the content is left behind in memory; the caller wipes the result if it is secret.
Result<std::string> ReadTextFile(const std::string& path);

}  // namespace starlock::tls
