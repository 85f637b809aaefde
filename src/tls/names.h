#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/tls_settings.h"

namespace starlock::tls {

/// A group's and a version's number on the wire.
uint16_t WireId(KeyExchangeGroup group);
uint16_t WireId(TlsVersion version);
/// The ProtocolNameList of the ALPN extension (RFC 7301, 3.1). kInvalid: a name is empty or longer than 255 bytes.
Result<std::vector<uint8_t>> AlpnList(const std::vector<std::string>& protocols);

/// A DNS name for comparison: lower case, without a trailing dot.
std::string NormalName(std::string_view name);
/// `*.example.org` for `mail.example.org`; empty for a name of one label.
std::string WildcardOf(std::string_view normal_name);

}  // namespace starlock::tls
