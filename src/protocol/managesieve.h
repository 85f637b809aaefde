#pragma once

#include <memory>

#include "protocol/dialogue.h"

namespace starlock::protocol {

/// ManageSieve's STARTTLS (RFC 5804 2.2), both roles. The server speaks first, and says its capabilities again,
/// unasked, inside TLS.
std::unique_ptr<Dialogue> MakeManagesieve(Env env);

}  // namespace starlock::protocol
