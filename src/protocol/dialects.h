#pragma once

#include <span>
#include <string_view>

#include "protocol/core/dialect.h"

namespace starlock::protocol {

/// All dialects: the one list that the command line, the configuration and the tests go by. None is null.
std::span<const Dialect* const> Dialects();

/// The dialect of that name, or nullptr.
const Dialect* FindDialect(std::string_view name);

}  // namespace starlock::protocol
