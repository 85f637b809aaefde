#pragma once

#include <memory>
#include <string>

#include "protocol/core/probe.h"

namespace starlock::protocol::pop3 {

/// +OK, CAPA, STLS where it is offered, CAPA again, QUIT.
std::unique_ptr<Negotiator> ProbePop3(const std::string& host, Findings& findings);

}  // namespace starlock::protocol::pop3
