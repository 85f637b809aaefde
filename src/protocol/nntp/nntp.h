#pragma once

#include "protocol/core/dialect.h"

namespace starlock::protocol::nntp {

/// NNTP (RFC 4642).
extern const Dialect kNntp;

}  // namespace starlock::protocol::nntp
