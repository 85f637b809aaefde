#pragma once

#include <memory>
#include <string>

#include "protocol/core/probe.h"

namespace starlock::protocol::smtp {

/// 220, EHLO, STARTTLS where it is offered, EHLO again, QUIT.
std::unique_ptr<Negotiator> ProbeSmtp(const std::string& host, Findings& findings);

/// The same for LMTP, with LHLO.
std::unique_ptr<Negotiator> ProbeLmtp(const std::string& host, Findings& findings);

}  // namespace starlock::protocol::smtp
