#pragma once

#include "protocol/core/dialect.h"

namespace starlock::protocol::imap {

/// IMAP (RFC 9051 6.2.1).
extern const Dialect kImap;

}  // namespace starlock::protocol::imap
