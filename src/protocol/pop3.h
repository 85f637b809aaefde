#pragma once

#include <memory>

#include "protocol/dialogue.h"

namespace starlock::protocol {

/// POP3's STLS (RFC 2595 4), both roles.
std::unique_ptr<Dialogue> MakePop3(Env env);

}  // namespace starlock::protocol
