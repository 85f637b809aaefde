#include "proxy/credentials.h"

#include <utility>

namespace starlock::proxy {
namespace {

bool NeedsTrust(const config::ServerLeg& leg) {
  return leg.mode != TlsMode::kOff && leg.VerifyInForce() != Verify::kNone;
}

}  // namespace

LoadedCredentials LoadCredentials(const config::Config& config) {
  LoadedCredentials loaded;
  Credentials& all = loaded.credentials;
  for (const config::Certificate& certificate : config.certificates) {
    auto identity = tls::Identity::Load(certificate.chain.path, certificate.key.path);
    if (!identity) {
      loaded.errors.push_back({certificate.at, identity.error().detail});
      continue;
    }
    all.identities[certificate.name] = std::move(identity).value();
  }
  for (const config::Listener& listener : config.listeners) {
    const config::ServerLeg& leg = listener.server;
    const std::string path = leg.ca ? leg.ca->path : std::string();
    // A file that is named must be valid, even if it is not used.
    if ((!leg.ca && !NeedsTrust(leg)) || all.trust.contains(path)) continue;
    auto trust = tls::TrustStore::Load(path);
    if (!trust) {
      loaded.errors.push_back({leg.ca ? leg.ca->at : leg.at, trust.error().detail});
      continue;
    }
    all.trust[path] = std::move(trust).value();
  }
  if (config.ticket_keys) {
    auto keys = tls::TicketKeys::Load(config.ticket_keys->path);
    if (!keys) {
      loaded.errors.push_back({config.ticket_keys->at, keys.error().detail});
    } else {
      all.tickets = std::move(keys).value();
    }
  } else {
    all.tickets = tls::TicketKeys::Generate();
  }
  return loaded;
}

}  // namespace starlock::proxy
