#pragma once

#include <memory>
#include <string>

#include "protocol/core/probe.h"

namespace starlock::protocol::xmpp {

/// A stream to Findings::server_name, its features, STARTTLS, and the same again inside TLS. The greeting is the
/// server's header; capabilities are the features' names.
std::unique_ptr<Negotiator> ProbeXmpp(const std::string& host, Findings& findings);

/// The same as a server.
std::unique_ptr<Negotiator> ProbeXmppServer(const std::string& host, Findings& findings);

}  // namespace starlock::protocol::xmpp
