#pragma once

#include <string>

namespace starlock {

/// This machine's host name, for EHLO and goodbyes; `localhost` if it has none.
std::string OwnHostName();

}  // namespace starlock
