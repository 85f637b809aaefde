#pragma once

#include <memory>

#include "protocol/dialogue.h"

namespace starlock::protocol {

/// LDAP's StartTLS (RFC 4511 4.14, RFC 4513 3.1), both roles.
std::unique_ptr<Dialogue> MakeLdap(Env env);

}  // namespace starlock::protocol
