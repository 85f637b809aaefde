#pragma once

#include "protocol/core/dialect.h"

namespace starlock::protocol::postgres {

/// PostgreSQL's SSLRequest.
extern const Dialect kPostgres;

}  // namespace starlock::protocol::postgres
