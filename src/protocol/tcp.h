#pragma once

#include <memory>

#include "protocol/dialogue.h"

namespace starlock::protocol {

/// Any protocol at all, with TLS around it or none: nothing is read, and nothing of ours is said.
std::unique_ptr<Dialogue> MakeTcp(Env env);

}  // namespace starlock::protocol
