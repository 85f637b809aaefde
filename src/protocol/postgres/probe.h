#pragma once

#include <memory>
#include <string>

#include "protocol/core/probe.h"

namespace starlock::protocol::postgres {

/// SSLRequest and, inside TLS, a StartupMessage for a user that does not exist. The server replies with its
/// authentication methods, which become the capabilities, or with an error, which becomes the greeting. The probe sends
/// no goodbye.
std::unique_ptr<Negotiator> MakePostgresProber(const std::string& host, Findings& findings);

}  // namespace starlock::protocol::postgres
