// The values that are names and addresses.

#include <algorithm>

#include "config/suggest.h"
#include "config/values.h"

namespace starlock::config {
namespace {

Error Invalid(std::string detail) { return {ErrorCode::kInvalid, std::move(detail)}; }

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A dotted name whose last label is a number is a mistyped address (WHATWG URL 3.5 "ends in a number"), and the
// resolver would make something of it.
bool IsBrokenAddress(const std::string& host) {
  const std::string last = host.substr(host.rfind('.') + 1);
  return !last.empty() && std::all_of(last.begin(), last.end(), IsDigit) && !IsAddressLiteral(host);
}

// What is wrong with a host; empty: nothing. RFC 1035 2.3.4 has the lengths.
std::string WrongWithHost(const std::string& host) {
  if (IsAddressLiteral(host)) return {};
  if (host.size() > 253) return Quoted(host) + " is longer than a host name can be";
  if (IsBrokenAddress(host)) return Quoted(host) + " is not an address; an IPv4 address is four numbers up to 255";
  size_t start = 0;
  while (start < host.size()) {
    const size_t dot = std::min(host.find('.', start), host.size());
    if (dot == start || dot - start > 63) return Quoted(host) + " is not a host name: it has an empty or too long part";
    start = dot + 1;
  }
  return {};
}

Result<HostPort> ParseHostPort(std::string_view text, std::string_view example, uint16_t default_port) {
  if (!text.empty() && std::all_of(text.begin(), text.end(), IsDigit)) {
    return Invalid(Quoted(text) + " has no host; write " + std::string(example) + ":" + std::string(text.substr(0, 5)));
  }
  auto parsed = HostPort::Parse(text, default_port);
  if (!parsed) return Invalid(parsed.error().detail);
  if (std::string wrong = WrongWithHost(parsed->host); !wrong.empty()) return Invalid(std::move(wrong));
  return parsed;
}

}  // namespace

Result<HostPort> ParseListen(std::string_view text) {
  if (text.starts_with("systemd:")) {
    return Invalid("sockets from systemd are not supported yet; write an address, like 127.0.0.1:2525");
  }
  // `:25` and `*:25`, as other programs have it.
  const std::string port(text.substr(text.starts_with('*') ? 1 : 0));
  if (port.size() > 1 && port[0] == ':' && std::all_of(port.begin() + 1, port.end(), IsDigit)) {
    return Invalid(Quoted(text) + " has no host; write 0.0.0.0" + port + " for IPv4, [::]" + port +
                   " for IPv6, or a list of both");
  }
  return ParseHostPort(text, "127.0.0.1", 0);
}

Result<HostPort> ParseAddress(std::string_view text, uint16_t default_port) {
  if (text == "original") return Invalid("'original' is not supported yet; write host:port");
  auto parsed = ParseHostPort(text, "localhost", default_port);
  if (parsed && parsed->port == 0) return Invalid(Quoted(text) + ": nothing can be reached at port 0");
  return parsed;
}

Result<std::pair<uint16_t, uint16_t>> ParsePortRange(std::string_view text) {
  const size_t dash = std::min(text.find('-'), text.size());
  auto first = ParseCount(text.substr(0, dash), 1, 65535);
  auto last = ParseCount(text.substr(std::min(dash + 1, text.size())), 1, 65535);
  const bool one = dash == text.size();
  if (!first || (!one && !last)) return Invalid(Quoted(text) + " is not a range of ports; write it like 50000-50999");
  const uint32_t end = one ? *first : *last;
  if (end < *first) return Invalid(Quoted(text) + " ends before it begins; write it like 50000-50999");
  return std::pair(static_cast<uint16_t>(*first), static_cast<uint16_t>(end));
}

Result<std::string> ParseIpv4(std::string_view text) {
  std::string address(text);
  if (IsAddressLiteral(address) && address.find(':') == std::string::npos) return address;
  return Invalid(Quoted(text) + " is not an IPv4 address; write it like 192.0.2.7");
}

Result<std::string> ParseServerName(std::string_view text) {
  std::string name(text);
  if (IsAddressLiteral(name)) return name;
  // Read as a host before a port, it has to pass as one.
  const auto parsed = HostPort::Parse(name, 1);
  if (!parsed || parsed.value().host != name || !WrongWithHost(name).empty()) {
    return Invalid(Quoted(text) + " is not a name; write a host name or an address, without a port");
  }
  return name;
}

Result<std::string> ParseName(std::string_view text) {
  if (text.empty()) return Invalid("a name cannot be empty");
  if (text.size() > 64) return Invalid(Quoted(text) + " is too long for a name; at most 64 bytes");
  const bool harmless = std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
  if (!harmless) return Invalid(Quoted(text) + " holds control characters; a name cannot");
  return std::string(text);
}

}  // namespace starlock::config
