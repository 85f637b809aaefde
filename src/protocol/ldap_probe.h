#pragma once

#include <memory>
#include <string>

#include "protocol/probe.h"

namespace starlock::protocol {

/// The root DSE, StartTLS, the root DSE again, Unbind.
std::unique_ptr<Negotiator> ProbeLdap(const std::string& host, Findings& findings);

}  // namespace starlock::protocol
