#pragma once

#include "protocol/core/dialect.h"

namespace starlock::protocol::tcp {

/// Anything else: TLS from the first byte, or none.
extern const Dialect kTcp;

}  // namespace starlock::protocol::tcp
