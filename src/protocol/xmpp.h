#pragma once

#include <memory>

#include "protocol/dialogue.h"

namespace starlock::protocol {

/// XMPP's STARTTLS (RFC 6120 5), both roles, between a client and a server.
std::unique_ptr<Dialogue> MakeXmpp(Env env);

/// The same between two servers.
std::unique_ptr<Dialogue> MakeXmppServer(Env env);

}  // namespace starlock::protocol
