#pragma once

#include <memory>
#include <string>

#include "protocol/core/probe.h"

namespace starlock::protocol::postgres {

/// SSLRequest and, inside TLS, a StartupMessage for a user that nobody has: the server says how it would have him log
/// in (that is the capabilities), or why not (that is the greeting). There the probe ends, without a word.
std::unique_ptr<Negotiator> MakePostgresProber(const std::string& host, Findings& findings);

}  // namespace starlock::protocol::postgres
