#pragma once

#include <memory>

#include "protocol/dialogue.h"

namespace starlock::protocol {

/// FTP (RFC 959, 2428) with AUTH TLS (RFC 4217), both roles, for the whole session: transfers have connections of their
/// own, whose addresses go over this one, so it is never relayed unread.
std::unique_ptr<Dialogue> MakeFtp(Env env);

}  // namespace starlock::protocol
