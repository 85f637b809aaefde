#pragma once

#include <memory>
#include <string>

#include "protocol/core/probe.h"

namespace starlock::protocol::mysql {

/// The greeting (its version, capabilities by name, authentication plugin), and SSLRequest where TLS is offered. Inside
/// TLS nothing more can be learnt without logging in, so the probe leaves.
std::unique_ptr<Negotiator> ProbeMysql(const std::string& host, Findings& findings);

}  // namespace starlock::protocol::mysql
