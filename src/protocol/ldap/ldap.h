#pragma once

#include "protocol/core/dialect.h"

namespace starlock::protocol::ldap {

/// LDAP (RFC 4511 4.14).
extern const Dialect kLdap;

}  // namespace starlock::protocol::ldap
