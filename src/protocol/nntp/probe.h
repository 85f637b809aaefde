#pragma once

#include <memory>
#include <string>

#include "protocol/core/probe.h"

namespace starlock::protocol::nntp {

/// 200, CAPABILITIES, STARTTLS where it is offered, CAPABILITIES again, QUIT.
std::unique_ptr<Negotiator> ProbeNntp(const std::string& host, Findings& findings);

}  // namespace starlock::protocol::nntp
