#pragma once

#include "protocol/core/dialect.h"

namespace starlock::protocol::tcp {

/// Any other protocol: implicit TLS or plaintext on each leg, without an upgrade.
extern const Dialect kTcp;

}  // namespace starlock::protocol::tcp
