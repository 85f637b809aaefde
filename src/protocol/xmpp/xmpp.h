#pragma once

#include "protocol/core/dialect.h"

namespace starlock::protocol::xmpp {

/// XMPP (RFC 6120 5), client to server and server to server.
extern const Dialect kXmpp, kXmppServer;

}  // namespace starlock::protocol::xmpp
