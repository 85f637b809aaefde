#pragma once

#include <memory>
#include <string>

#include "protocol/probe.h"

namespace starlock::protocol {

/// What an FTP server offers (FEAT, RFC 2389), before AUTH TLS and inside it.
std::unique_ptr<Negotiator> ProbeFtp(const std::string& host, Findings& findings);

}  // namespace starlock::protocol
