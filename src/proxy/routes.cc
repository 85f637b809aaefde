#include "proxy/routes.h"

#include <unistd.h>

#include <array>
#include <utility>

namespace starlock::proxy {
namespace {

std::string OwnName() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

void Fill(tls::CommonSettings& to, const config::TlsSettings& from) {
  to.min_version = config::ToString(from.min_version);
  to.max_version = config::ToString(from.max_version);
  to.groups = from.groups;
}

tls::Verify Translate(config::Verify verify) {
  switch (verify) {
    case config::Verify::kFull:
      return tls::Verify::kFull;
    case config::Verify::kChain:
      return tls::Verify::kChain;
    case config::Verify::kNone:
      return tls::Verify::kNone;
  }
  return tls::Verify::kFull;
}

Error MakeClientLeg(const config::ClientLeg& leg, const Credentials& credentials, Route& route) {
  if (leg.mode == TlsMode::kOff) return {};
  tls::ServerSettings settings;
  Fill(settings, leg.tls);
  settings.tickets = credentials.tickets;
  if (!route.dialect->alpn.empty()) settings.alpn = {std::string(route.dialect->alpn)};
  settings.alpn_required = route.dialect->alpn_required && leg.mode == TlsMode::kImplicit;
  if (!route.dialect->data_alpn.empty()) settings.alpn.emplace_back(route.dialect->data_alpn);
  for (const std::string& name : leg.certificates) settings.identities.push_back(credentials.identities.at(name));
  auto context = tls::ServerContext::Create(settings);
  if (!context) return context.error();
  route.client_leg = std::move(context).value();
  return {};
}

Error MakeServerLeg(const config::ServerLeg& leg, const Credentials& credentials, Route& route) {
  if (leg.mode == TlsMode::kOff) return {};
  tls::ClientSettings settings;
  Fill(settings, leg.tls);
  settings.verify = Translate(leg.VerifyInForce());
  settings.alpn_required = route.dialect->alpn_required && leg.mode == TlsMode::kImplicit;
  if (settings.alpn_required) settings.alpn = {std::string(route.dialect->alpn)};
  settings.ca_file = leg.ca ? leg.ca->path : std::string();
  const auto trust = credentials.trust.find(settings.ca_file);
  if (trust != credentials.trust.end()) settings.trust = trust->second;
  for (const config::Pin& pin : leg.pins) settings.pins.push_back(pin.text);
  for (const HostPort& target : leg.address) {
    settings.server_name = leg.ServerName(target);
    auto context = tls::ClientContext::Create(settings);
    if (!context) return context.error();
    route.server_leg.push_back(std::move(context).value());
  }
  return {};
}

}  // namespace

Result<std::vector<std::unique_ptr<Route>>> MakeRoutes(const config::Config& config, const Credentials& credentials) {
  std::vector<std::unique_ptr<Route>> routes;
  const std::string host = OwnName();
  for (const config::Listener& listener : config.listeners) {
    auto route = std::make_unique<Route>();
    route->settings = &listener;
    route->limits = &config.limits;
    route->dialect = protocol::FindDialect(listener.protocol);
    route->host = host;
    for (const Error& error :
         {MakeClientLeg(listener.client, credentials, *route), MakeServerLeg(listener.server, credentials, *route)}) {
      if (error) return Error{ErrorCode::kInvalid, listener.at.ToString() + ": " + error.detail};
    }
    routes.push_back(std::move(route));
  }
  return routes;
}

}  // namespace starlock::proxy
