#pragma once

#include <memory>
#include <string_view>

#include "protocol/core/probe.h"

namespace starlock::protocol::xmpp {

/// Opens a stream to Findings::server_name, reads the features, sends STARTTLS, and reads the features again inside
/// TLS. The greeting is the server's stream header; the capabilities are the features. `content`: jabber:client or
/// jabber:server.
std::unique_ptr<Negotiator> MakeXmppProber(std::string_view content, Findings& findings);

}  // namespace starlock::protocol::xmpp
