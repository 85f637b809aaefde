#include "proxy/routes.h"

#include <fmt/format.h>

#include <utility>

#include "base/host_name.h"

namespace starlock::proxy {
namespace {

Error MakeClientLeg(const config::ClientLeg& leg, const Credentials& credentials, Route& route) {
  if (leg.mode == TlsMode::kOff) return {};
  tls::ServerSettings settings;
  settings.tls = leg.tls;
  settings.tickets = credentials.tickets;
  if (!route.dialect->alpn.empty()) settings.alpn = {std::string(route.dialect->alpn)};
  settings.alpn_required = route.dialect->alpn_required && leg.mode == TlsMode::kImplicit;
  if (!route.dialect->data_alpn.empty()) settings.alpn.emplace_back(route.dialect->data_alpn);
  settings.session_ids = !route.dialect->data_alpn.empty();
  for (const std::string& name : leg.certificates) settings.identities.push_back(credentials.identities.at(name));
  auto context = tls::ServerContext::Create(settings);
  if (!context) return context.error();
  route.client_leg = std::move(context).value();
  return {};
}

Error MakeServerLeg(const config::ServerLeg& leg, const Credentials& credentials, Route& route) {
  if (leg.mode == TlsMode::kOff) return {};
  tls::ClientSettings settings;
  settings.tls = leg.tls;
  settings.verify = leg.VerifyInForce();
  settings.alpn_required = route.dialect->alpn_required && leg.mode == TlsMode::kImplicit;
  if (settings.alpn_required) settings.alpn = {std::string(route.dialect->alpn)};
  settings.ca_file = leg.ca ? leg.ca->path : std::string();
  const auto trust = credentials.trust.find(settings.ca_file);
  if (trust != credentials.trust.end()) settings.trust = trust->second;
  settings.pins = leg.pins;
  for (const HostPort& target : leg.address) {
    settings.server_name = leg.ServerName(target);
    auto context = tls::ClientContext::Create(settings);
    if (!context) return context.error();
    route.server_leg.push_back(std::move(context).value());
  }
  return {};
}

}  // namespace

std::vector<std::shared_ptr<session::DataPorts>> MakeDataPorts(const config::Config& config) {
  std::vector<std::shared_ptr<session::DataPorts>> ports;
  for (const config::Listener& listener : config.listeners) {
    const config::DataSettings& data = listener.data;
    ports.push_back(data.first_port == 0 ? nullptr
                                         : std::make_shared<session::DataPorts>(data.first_port, data.last_port));
  }
  return ports;
}

Result<std::vector<std::unique_ptr<Route>>> MakeRoutes(
    const config::Config& config, const Credentials& credentials,
    const std::vector<std::shared_ptr<session::DataPorts>>& data_ports) {
  std::vector<std::unique_ptr<Route>> routes;
  const std::string host = OwnHostName();
  for (size_t i = 0; i < config.listeners.size(); ++i) {
    const config::Listener& listener = config.listeners[i];
    auto route = std::make_unique<Route>();
    route->data_ports = data_ports[i];
    route->settings = &listener;
    route->limits = &config.limits;
    route->dialect = protocol::FindDialect(listener.protocol);
    route->host = host;
    for (const Error& error :
         {MakeClientLeg(listener.client, credentials, *route), MakeServerLeg(listener.server, credentials, *route)}) {
      if (error) return Error{ErrorCode::kInvalid, fmt::format("{}: {}", listener.at.ToString(), error.detail)};
    }
    routes.push_back(std::move(route));
  }
  return routes;
}

}  // namespace starlock::proxy
