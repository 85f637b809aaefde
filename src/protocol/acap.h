#pragma once

#include <memory>

#include "protocol/dialogue.h"

namespace starlock::protocol {

/// ACAP's STARTTLS (RFC 2595 5), both roles. The server speaks first, and greets again inside TLS.
std::unique_ptr<Dialogue> MakeAcap(Env env);

}  // namespace starlock::protocol
