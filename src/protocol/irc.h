#pragma once

#include <memory>

#include "protocol/dialogue.h"

namespace starlock::protocol {

/// IRC's STARTTLS (IRCv3, the extension `tls`), both roles. A server of IRC speaks whenever it likes, and nothing that
/// either side says names the question that it answers.
std::unique_ptr<Dialogue> MakeIrc(Env env);

}  // namespace starlock::protocol
