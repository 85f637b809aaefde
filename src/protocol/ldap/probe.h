#pragma once

#include <memory>
#include <string>

#include "protocol/core/probe.h"

namespace starlock::protocol::ldap {

/// The root DSE, StartTLS, the root DSE again, Unbind.
std::unique_ptr<Negotiator> MakeLdapProber(const std::string& host, Findings& findings);

}  // namespace starlock::protocol::ldap
