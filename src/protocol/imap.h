#pragma once

#include <memory>

#include "protocol/dialogue.h"

namespace starlock::protocol {

/// IMAP's STARTTLS (RFC 9051 6.2.1; RFC 2595 3), both roles.
std::unique_ptr<Dialogue> MakeImap(Env env);

}  // namespace starlock::protocol
