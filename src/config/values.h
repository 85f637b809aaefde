#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "config/config.h"
#include "config/reader.h"

/// Parsers of single values, for files and command lines alike. Every error is kInvalid; its detail says what is wrong
/// with the text and what would be right.
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
Result<DataSession> ParseDataSession(std::string_view text);
Result<LogLevel> ParseLogLevel(std::string_view text);
Result<LogFormat> ParseLogFormat(std::string_view text);
Result<LogSessions> ParseLogSessions(std::string_view text);
/// `stderr` (an empty path), or `file:PATH`.
Result<std::string> ParseLogTarget(std::string_view text);
Result<KeyExchangeGroup> ParseGroup(std::string_view text);
Result<std::string> ParseProtocol(std::string_view text, std::span<const DialectRules> dialects);

/// Where to listen: host and port. Port 0 is allowed.
Result<HostPort> ParseListen(std::string_view text);
/// Where to connect: host and port. The port may be missing if `default_port` is not 0.
Result<HostPort> ParseAddress(std::string_view text, uint16_t default_port = 0);
/// `50000-50999`, or one port.
Result<std::pair<uint16_t, uint16_t>> ParsePortRange(std::string_view text);
/// An IPv4 address.
Result<std::string> ParseIpv4(std::string_view text);
/// A host name or an address literal, without brackets or a port.
Result<std::string> ParseServerName(std::string_view text);
/// The name of a listener or a certificate: 1 to 64 bytes, no control characters.
Result<std::string> ParseName(std::string_view text);

}  // namespace starlock::config
