#pragma once

#include <memory>
#include <string>

#include "protocol/core/probe.h"

namespace starlock::protocol::ftp {

/// What an FTP server offers (FEAT, RFC 2389), before AUTH TLS and inside it.
std::unique_ptr<Negotiator> ProbeFtp(const std::string& host, Findings& findings);

}  // namespace starlock::protocol::ftp
