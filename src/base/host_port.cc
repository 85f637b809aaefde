#include "base/host_port.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace starlock {
namespace {

Error Invalid(std::string detail) { return {ErrorCode::kInvalid, std::move(detail)}; }

bool IsNameCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_';
}

// A scope (`%eth0`) may follow an IPv6 address.
bool IsIpv6(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET6, host.substr(0, host.find('%')).c_str(), &address) == 1;
}

}  // namespace

bool IsAddressLiteral(const std::string& host) {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 || IsIpv6(host);
}

std::string HostPort::ToString() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return is_ipv6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

Result<HostPort> HostPort::Parse(std::string_view text, uint16_t default_port) {
  const std::string shown = InQuotes(text);
  HostPort result;
  std::string_view port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    if (close == std::string_view::npos) return Invalid(fmt::format("{} lacks the closing ']'", shown));
    result.host = text.substr(1, close - 1);
    if (!IsIpv6(result.host)) return Invalid(fmt::format("{} is not an IPv6 address", InQuotes(result.host)));
    text.remove_prefix(close + 1);
    if (!text.empty() && text.front() != ':') return Invalid(fmt::format("{}: expected ':port' after ']'", shown));
    has_port = !text.empty();
    if (has_port) port = text.substr(1);
  } else {
    if (std::count(text.begin(), text.end(), ':') > 1) {
      return Invalid(fmt::format("{}: write an IPv6 address in brackets, like [::1]:25", shown));
    }
    const size_t colon = text.find(':');
    has_port = colon != std::string_view::npos;
    result.host = text.substr(0, colon);
    if (has_port) port = text.substr(colon + 1);
    if (result.host.empty()) return Invalid(fmt::format("{} has no host; write host:port", shown));
    if (!std::all_of(result.host.begin(), result.host.end(), IsNameCharacter)) {
      return Invalid(fmt::format("{} is not a host name or an address", InQuotes(result.host)));
    }
  }
  if (!has_port) {
    if (default_port == 0) return Invalid(fmt::format("{} has no port; write host:port", shown));
    result.port = default_port;
    return result;
  }
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), result.port);
  if (port.empty() || error != std::errc() || end != port.data() + port.size()) {
    return Invalid(fmt::format("{} is not a port; a port is a number from 0 to 65535", InQuotes(port)));
  }
  return result;
}

}  // namespace starlock
