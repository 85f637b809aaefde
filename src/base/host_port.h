#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace starlock {

/// A host (a name or an address literal, without brackets) and a TCP port.
struct HostPort {
  std::string host;
  uint16_t port = 0;

  /// `host:port`; an IPv6 literal is in brackets.
  std::string ToString() const;
  bool operator==(const HostPort&) const = default;

  /// Parses `host:port` or `[v6]:port`. The port may be missing if `default_port` is not 0. kInvalid says what is wrong
  /// and what would be right.
  static Result<HostPort> Parse(std::string_view text, uint16_t default_port = 0);
};

/// Whether `host` is an IPv4 or IPv6 literal rather than a name.
bool IsAddressLiteral(const std::string& host);

}  // namespace starlock
