#pragma once

#include <string_view>

#include "protocol/core/outcome.h"

namespace starlock::protocol {

/// What our last words tell a client in plain English, for protocols that have words and no codes for it: without
/// quotes, backslashes or line ends.
std::string_view GoodbyeText(End end);

}  // namespace starlock::protocol
