#pragma once

#include <memory>
#include <string>

#include "protocol/core/probe.h"

namespace starlock::protocol::managesieve {

/// Capabilities, STARTTLS where it is offered, the capabilities that come inside TLS, LOGOUT.
std::unique_ptr<Negotiator> ProbeManagesieve(const std::string& host, Findings& findings);

}  // namespace starlock::protocol::managesieve
