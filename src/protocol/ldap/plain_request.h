#pragma once

#include <string_view>

/// The closed list of LDAP requests that may cross before an upgrade to TLS (see core/harmless.h).
namespace starlock::protocol::ldap {

/// Whether `unit` is a whole Search of the root DSE in a form that every server reads alike: no controls, a filter that
/// only asks whether an attribute is present, and each length in its shortest form or (Active Directory) in four
/// octets.
bool IsPlainRootDseSearch(std::string_view unit);

/// Whether `unit` is a whole Abandon in such a form.
bool IsPlainAbandon(std::string_view unit);

}  // namespace starlock::protocol::ldap
