#pragma once

#include <memory>
#include <string>

#include "protocol/probe.h"

namespace starlock::protocol {

/// Capabilities, STARTTLS where it is offered, the capabilities that come inside TLS, LOGOUT.
std::unique_ptr<Negotiator> ProbeManagesieve(const std::string& host, Findings& findings);

}  // namespace starlock::protocol
