// The values that are names and addresses.

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "config/values.h"

namespace starlock::config {
namespace {

Error Invalid(std::string detail) { return {ErrorCode::kInvalid, std::move(detail)}; }

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A dotted name whose last label is a number is a mistyped address (WHATWG URL 3.5, "ends in a number"). getaddrinfo()
// would accept some of them with another meaning.
bool IsBrokenAddress(const std::string& host) {
  const std::string last = host.substr(host.rfind('.') + 1);
  return !last.empty() && std::all_of(last.begin(), last.end(), IsDigit) && !IsAddressLiteral(host);
}

// Lengths: RFC 1035, 2.3.4.
Error CheckHost(const std::string& host) {
  if (IsAddressLiteral(host)) return {};
  if (host.size() > 253)
    return Invalid(fmt::format("{} is longer than 253 bytes, the most for a host name", InQuotes(host)));
  if (IsBrokenAddress(host)) {
    return Invalid(fmt::format("{} is not an address; an IPv4 address is four numbers up to 255", InQuotes(host)));
  }
  size_t start = 0;
  while (start < host.size()) {
    const size_t dot = std::min(host.find('.', start), host.size());
    if (dot == start || dot - start > 63) {
      return Invalid(fmt::format("{} is not a host name: each part has 1 to 63 bytes", InQuotes(host)));
    }
    start = dot + 1;
  }
  return {};
}

Result<HostPort> ParseHostPort(std::string_view text, std::string_view example, uint16_t default_port) {
  if (!text.empty() && std::all_of(text.begin(), text.end(), IsDigit)) {
    return Invalid(fmt::format("{} has no host; write {}:{}", InQuotes(text), example, text.substr(0, 5)));
  }
  auto parsed = HostPort::Parse(text, default_port);
  if (!parsed) return parsed;
  if (Error error = CheckHost(parsed->host)) return error;
  return parsed;
}

}  // namespace

Result<HostPort> ParseListen(std::string_view text) {
  if (text.starts_with("systemd:")) {
    return Invalid("systemd sockets are not supported yet; write an address, like 127.0.0.1:2525");
  }
  // `:25` and `*:25` are common in other programs.
  const std::string port(text.substr(text.starts_with('*') ? 1 : 0));
  if (port.size() > 1 && port[0] == ':' && std::all_of(port.begin() + 1, port.end(), IsDigit)) {
    return Invalid(fmt::format("{0} has no host; write 0.0.0.0{1} for IPv4, [::]{1} for IPv6, or a list of both",
                               InQuotes(text), port));
  }
  return ParseHostPort(text, "127.0.0.1", 0);
}

Result<HostPort> ParseAddress(std::string_view text, uint16_t default_port) {
  if (text == "original") return Invalid("'original' is not supported yet; write host:port");
  auto parsed = ParseHostPort(text, "localhost", default_port);
  if (parsed && parsed->port == 0) return Invalid(fmt::format("{}: port 0 cannot be connected to", InQuotes(text)));
  return parsed;
}

Result<std::pair<uint16_t, uint16_t>> ParsePortRange(std::string_view text) {
  const size_t dash = std::min(text.find('-'), text.size());
  auto first = ParseCount(text.substr(0, dash), 1, 65535);
  auto last = ParseCount(text.substr(std::min(dash + 1, text.size())), 1, 65535);
  const bool one = dash == text.size();
  if (!first || (!one && !last)) {
    return Invalid(fmt::format("{} is not a range of ports; write it like 50000-50999", InQuotes(text)));
  }
  const uint32_t end = one ? *first : *last;
  if (end < *first) {
    return Invalid(fmt::format("{} ends before it begins; write it like 50000-50999", InQuotes(text)));
  }
  return std::pair(static_cast<uint16_t>(*first), static_cast<uint16_t>(end));
}

Result<std::string> ParseIpv4(std::string_view text) {
  std::string address(text);
  if (IsAddressLiteral(address) && address.find(':') == std::string::npos) return address;
  return Invalid(fmt::format("{} is not an IPv4 address; write it like 192.0.2.7", InQuotes(text)));
}

Result<std::string> ParseServerName(std::string_view text) {
  std::string name(text);
  if (IsAddressLiteral(name)) return name;
  // A server name has the syntax of the host in host:port.
  const auto parsed = HostPort::Parse(name, 1);
  if (!parsed || parsed->host != name || CheckHost(name)) {
    return Invalid(
        fmt::format("{} is not a server name; write a host name or an address, without a port", InQuotes(text)));
  }
  return name;
}

Result<std::string> ParseName(std::string_view text) {
  if (text.empty()) return Invalid("a name cannot be empty");
  if (text.size() > 64) return Invalid(fmt::format("{} is too long for a name; at most 64 bytes", InQuotes(text)));
  std::string name(text);
  if (WithoutControls(name) != name) {
    return Invalid(fmt::format("{} contains control characters; remove them from the name", InQuotes(text)));
  }
  return name;
}

}  // namespace starlock::config
