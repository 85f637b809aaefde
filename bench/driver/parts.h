#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "demo/part.h"

/// The clients and servers of the sessions that are measured. They are the demonstration's for smtp, imap, pop3 and
/// ldap. Only the driver has postgres, and raw: one small exchange, whose server is Backend::RawConnection.
namespace starlock::bench {

/// nullptr: there is no such protocol, or the part is none of the driver's.
std::unique_ptr<demo::Part> MakeServerPart(std::string_view protocol, const demo::PartSettings& settings);
std::unique_ptr<demo::Part> MakeClientPart(std::string_view protocol, const demo::PartSettings& settings);

/// What a session of `protocol` carries: a mail of 2042 bytes, or the value of an attribute or a column.
const std::string& MessageOf(std::string_view protocol);
/// Whether the client receives the message, rather than sends it.
bool ClientReceives(std::string_view protocol);

std::unique_ptr<demo::Part> MakePostgresServer(const demo::PartSettings& settings);
std::unique_ptr<demo::Part> MakePostgresClient(const demo::PartSettings& settings);

}  // namespace starlock::bench
