#pragma once

#include <memory>

#include "protocol/dialogue.h"

namespace starlock::protocol {

/// PostgreSQL's SSLRequest (its documentation, "Message Flow": "SSL Session Encryption"), both roles.
std::unique_ptr<Dialogue> MakePostgres(Env env);

}  // namespace starlock::protocol
