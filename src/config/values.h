#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "config/config.h"
#include "config/reader.h"

/// From one text to one value: the same for a file and for a command line. Every error is kInvalid, and its detail says
/// what is wrong with the text and what would be right.
namespace starlock::config {

/// An integer and `ms`, `s`, `m` or `h`; only 0 may lack the unit. At most ten years.
Result<Milliseconds> ParseDuration(std::string_view text);
/// A whole number in decimal digits, from `min` to `max`.
Result<uint32_t> ParseCount(std::string_view text, uint32_t min, uint32_t max);
/// `auto` (0), or a number of threads.
Result<uint32_t> ParseWorkers(std::string_view text);

Result<TlsMode> ParseTlsMode(std::string_view text);
Result<TlsVersion> ParseTlsVersion(std::string_view text);
Result<Verify> ParseVerify(std::string_view text);
Result<LogLevel> ParseLogLevel(std::string_view text);
Result<LogFormat> ParseLogFormat(std::string_view text);
/// The name of a key exchange group, as TLS's registry or FIPS 186 has it.
Result<std::string> ParseGroup(std::string_view text);
/// `sha256/` and the base64 of 32 bytes, padded (RFC 7469 2.4 in the form that curl writes).
Result<std::string> ParsePin(std::string_view text);
Result<std::string> ParseProtocol(std::string_view text, std::span<const DialectRules> dialects);

/// Where to listen: host and port, the port possibly 0.
Result<HostPort> ParseListen(std::string_view text);
/// Where to connect to: host and port. Where `default_port` is not 0 the port may be missing.
Result<HostPort> ParseAddress(std::string_view text, uint16_t default_port = 0);
/// `50000-50999`, or one port.
Result<std::pair<uint16_t, uint16_t>> ParsePortRange(std::string_view text);
/// An IPv4 address.
Result<std::string> ParseIpv4(std::string_view text);
/// A host name or an address literal, without brackets or a port.
Result<std::string> ParseServerName(std::string_view text);
/// The name of a listener or a certificate: not empty, not long, no control characters.
Result<std::string> ParseName(std::string_view text);

}  // namespace starlock::config
