#pragma once

#include <vector>

#include "config/reader.h"

namespace starlock::session {

/// What a configuration must know about each dialect of protocol::Dialects(). This layer is the lowest one that sees
/// both the configuration and the protocols.
std::vector<config::DialectRules> DialectRulesForConfig();

}  // namespace starlock::session
