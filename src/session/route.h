#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "protocol/dialects.h"
#include "tls/context.h"

namespace starlock::session {

/// One listener of the configuration, made ready for one worker: what its sessions share. Outlives them.
struct Route {
  const config::Listener* settings = nullptr;
  const config::Limits* limits = nullptr;
  const protocol::Dialect* dialect = nullptr;
  std::string host;                                             ///< our own name, in the protocol's greetings
  std::unique_ptr<tls::ServerContext> client_leg;               ///< nullptr where its mode is off
  std::vector<std::unique_ptr<tls::ClientContext>> server_leg;  ///< one an address; empty where its mode is off
};

}  // namespace starlock::session
