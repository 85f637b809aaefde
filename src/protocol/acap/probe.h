#pragma once

#include <memory>
#include <string>

#include "protocol/core/probe.h"

namespace starlock::protocol::acap {

/// The greeting, STARTTLS where it is offered, the greeting that comes inside TLS, LOGOUT.
std::unique_ptr<Negotiator> ProbeAcap(const std::string& host, Findings& findings);

}  // namespace starlock::protocol::acap
