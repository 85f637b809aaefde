#pragma once

#include <memory>
#include <string>

#include "protocol/probe.h"

namespace starlock::protocol {

/// Greeting, CAPABILITY, STARTTLS where it is offered, CAPABILITY again, LOGOUT.
std::unique_ptr<Negotiator> ProbeImap(const std::string& host, Findings& findings);

}  // namespace starlock::protocol
