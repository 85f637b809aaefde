#pragma once

#include "protocol/core/dialect.h"

namespace starlock::protocol::smtp {

/// SMTP (RFC 3207) and LMTP (RFC 2033), which says LHLO.
extern const Dialect kSmtp, kLmtp;

}  // namespace starlock::protocol::smtp
