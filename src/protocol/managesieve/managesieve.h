#pragma once

#include "protocol/core/dialect.h"

namespace starlock::protocol::managesieve {

/// ManageSieve (RFC 5804).
extern const Dialect kManagesieve;

}  // namespace starlock::protocol::managesieve
