#pragma once

#include <string_view>

namespace starlock {

/// Starlock's version, for example `0.1.0`.
std::string_view Version();

}  // namespace starlock
