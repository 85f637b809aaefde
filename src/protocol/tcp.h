#pragma once

#include <memory>
#include <string>

#include "protocol/probe.h"

namespace starlock::protocol {

/// Any protocol at all, with TLS around it or none: nothing is read, and nothing of ours is said.
std::unique_ptr<Dialogue> MakeTcp(Env env);

/// Its handshake is all that there is to learn.
std::unique_ptr<Negotiator> ProbeTcp(const std::string& host, Findings& findings);

}  // namespace starlock::protocol
