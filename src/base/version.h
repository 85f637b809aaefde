#pragma once

#include <string_view>

namespace starlock {

/// Version is Starlock's own version, e.g. "0.1.0".
std::string_view Version();

}  // namespace starlock
