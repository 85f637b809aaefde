#include "config/open_relay.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <string>

namespace starlock::config {
namespace {

constexpr std::string_view kAdvice =
    "the server sees every client as local, and with their defaults Postfix (mynetworks) and Exim (relay_from_hosts) "
    "relay mail from local clients to anyone: an open relay. Let the server's port that Starlock connects to relay "
    "only "
    "after authentication; conf/front-smtp.yaml says how";

std::string Lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

bool IsLoopback(const HostPort& address) {
  in_addr four{};
  if (inet_pton(AF_INET, address.host.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24U) == 127;
  in6_addr six{};
  const std::string without_scope = address.host.substr(0, address.host.find('%'));
  if (inet_pton(AF_INET6, without_scope.c_str(), &six) == 1) {
    return IN6_IS_ADDR_LOOPBACK(&six) || (IN6_IS_ADDR_V4MAPPED(&six) && six.s6_addr[12] == 127);
  }
  // RFC 6761, 6.3; the others are Debian's names in /etc/hosts.
  std::string name = Lower(address.host);
  if (name.ends_with('.')) name.pop_back();
  return name == "localhost" || name.ends_with(".localhost") || name == "localhost.localdomain" ||
         name == "ip6-localhost" || name == "ip6-loopback";
}

}  // namespace

std::vector<Diagnostic> FindOpenRelays(const Config& config) {
  std::vector<Diagnostic> warnings;
  for (const Listener& listener : config.listeners) {
    if (listener.protocol != "smtp") continue;
    const auto& open = std::find_if_not(listener.listen.begin(), listener.listen.end(), IsLoopback);
    const auto& local = std::find_if(listener.server.address.begin(), listener.server.address.end(), IsLoopback);
    if (open == listener.listen.end() || local == listener.server.address.end()) continue;
    warnings.push_back(
        {listener.listen_at, fmt::format("listener '{}' leads from {} to the mail server {} on this machine: {}",
                                         listener.name, open->ToString(), local->ToString(), kAdvice)});
  }
  return warnings;
}

}  // namespace starlock::config
