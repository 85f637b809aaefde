#pragma once

#include <memory>

#include "protocol/dialogue.h"

namespace starlock::protocol {

/// NNTP's STARTTLS (RFC 4642), both roles.
std::unique_ptr<Dialogue> MakeNntp(Env env);

}  // namespace starlock::protocol
