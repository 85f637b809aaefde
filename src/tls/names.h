#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace starlock::tls {

/// The wire's numbers for the configuration's names. kInvalid says which names there are.
Result<std::vector<uint16_t>> GroupIds(const std::vector<std::string>& names);
Result<uint16_t> VersionId(const std::string& name);
/// ALPN's list of protocols as it stands in the extension (RFC 7301, 3.1).
Result<std::vector<uint8_t>> AlpnList(const std::vector<std::string>& protocols);

/// A DNS name as it is compared: lower case, without the root's dot.
std::string NormalName(std::string_view name);
/// `*.example.org` for `mail.example.org`; empty where there is no further label.
std::string WildcardOf(std::string_view normal_name);

}  // namespace starlock::tls
