#pragma once

#include <span>
#include <string_view>

#include "protocol/core/dialect.h"

namespace starlock::protocol {

/// All dialects, in the order in which `--help` lists them. No pointer is null.
std::span<const Dialect* const> Dialects();

/// The dialect with this name, or nullptr.
const Dialect* FindDialect(std::string_view name);

}  // namespace starlock::protocol
