#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "protocol/dialects.h"
#include "session/data_ports.h"
#include "tls/context.h"

namespace starlock::session {

/// What all sessions of one listener share in one worker. Outlives them.
struct Route {
  const config::Listener* settings = nullptr;
  const config::Limits* limits = nullptr;
  const protocol::Dialect* dialect = nullptr;
  std::string host;                                             ///< our own name in the protocol's greetings
  std::shared_ptr<DataPorts> data_ports;                        ///< of all workers; nullptr: any free port
  std::unique_ptr<tls::ServerContext> client_leg;               ///< nullptr if its mode is off
  std::vector<std::unique_ptr<tls::ClientContext>> server_leg;  ///< one per address; empty if its mode is off
};

}  // namespace starlock::session
