#pragma once

#include "protocol/core/dialect.h"

namespace starlock::protocol::acap {

/// ACAP (RFC 2595 5).
extern const Dialect kAcap;

}  // namespace starlock::protocol::acap
