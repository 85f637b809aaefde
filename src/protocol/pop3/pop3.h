#pragma once

#include "protocol/core/dialect.h"

namespace starlock::protocol::pop3 {

/// POP3 (RFC 2595 4).
extern const Dialect kPop3;

}  // namespace starlock::protocol::pop3
