#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace starlock {

/// A host (name or address literal, without brackets) and a TCP port, as a user writes them.
struct HostPort {
  std::string host;
  uint16_t port = 0;

  /// `host:port`, an IPv6 literal in brackets.
  std::string ToString() const;
  bool operator==(const HostPort&) const = default;

  /// Reads `host:port`, `[v6]:port`; where `default_port` is not 0 the port may be missing.
  /// kInvalid says what is wrong and what would be right.
  static Result<HostPort> Parse(std::string_view text, uint16_t default_port = 0);
};

/// Whether `host` is an IPv4 or IPv6 literal rather than a name.
bool IsAddressLiteral(const std::string& host);

}  // namespace starlock
