#pragma once

#include <string>
#include <string_view>

namespace starlock::cli {

/// Lines with a dot put before each that begins with one (RFC 5321 4.5.2, RFC 1939 3).
std::string WithDots(std::string_view message);
/// The same, taken away.
std::string WithoutDots(std::string_view dotted);

}  // namespace starlock::cli
