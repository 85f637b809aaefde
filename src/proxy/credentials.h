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

/// The contents of the files that a configuration names, read once and shared by all workers.
struct Credentials {
  std::map<std::string, std::shared_ptr<const tls::Identity>> identities;  ///< by name
  std::map<std::string, std::shared_ptr<const tls::TrustStore>> trust;     ///< by path; empty: the system's
  std::shared_ptr<tls::TicketKeys> tickets;
};

struct LoadedCredentials {
  Credentials credentials;                 ///< complete only if `errors` is empty
  std::vector<config::Diagnostic> errors;  ///< each located where the configuration names the file
};

/// Reads every certificate, key, CA bundle and ticket key file that `config` names.
LoadedCredentials LoadCredentials(const config::Config& config);

}  // namespace starlock::proxy
