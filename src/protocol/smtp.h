#pragma once

#include <memory>

#include "protocol/dialogue.h"

namespace starlock::protocol {

/// SMTP's STARTTLS (RFC 3207), both roles.
std::unique_ptr<Dialogue> MakeSmtp(Env env);

/// The same for LMTP (RFC 2033), which says LHLO.
std::unique_ptr<Dialogue> MakeLmtp(Env env);

}  // namespace starlock::protocol
