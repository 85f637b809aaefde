#pragma once

#include <memory>
#include <string>

#include "protocol/core/probe.h"

namespace starlock::protocol::irc {

/// CAP LS; STARTTLS if `tls` is listed or the server does not know CAP; CAP LS again; QUIT.
std::unique_ptr<Negotiator> MakeIrcProber(const std::string& host, Findings& findings);

}  // namespace starlock::protocol::irc
