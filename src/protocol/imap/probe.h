#pragma once

#include <memory>
#include <string>

#include "protocol/core/probe.h"

namespace starlock::protocol::imap {

/// Greeting, CAPABILITY, STARTTLS where it is offered, CAPABILITY again, LOGOUT.
std::unique_ptr<Negotiator> ProbeImap(const std::string& host, Findings& findings);

}  // namespace starlock::protocol::imap
