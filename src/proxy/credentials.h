#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/reader.h"
#include "tls/identity.h"
#include "tls/ticket_keys.h"
#include "tls/trust_store.h"

namespace starlock::proxy {

/// What a configuration's files hold, read once and shared by all workers.
struct Credentials {
  std::map<std::string, std::shared_ptr<const tls::Identity>> identities;  ///< by name
  std::map<std::string, std::shared_ptr<const tls::TrustStore>> trust;     ///< by path; "" is the system's
  std::shared_ptr<tls::TicketKeys> tickets;
};

struct LoadedCredentials {
  Credentials credentials;                 ///< whole exactly if `errors` is empty
  std::vector<config::Diagnostic> errors;  ///< each at the place in the configuration that names the file
};

/// Reads every certificate, key, CA bundle and ticket key file that `config` names.
LoadedCredentials LoadCredentials(const config::Config& config);

}  // namespace starlock::proxy
