#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "proxy/credentials.h"
#include "session/route.h"

namespace starlock::proxy {

using session::Route;

/// The ports for data connections of each listener, which all workers share; nullptr where none are configured.
std::vector<std::shared_ptr<session::DataPorts>> MakeDataPorts(const config::Config& config);

/// One worker's routes: the listeners of `config`, which must outlive them, with TLS contexts of that worker's own.
/// `data_ports`: those of MakeDataPorts. kInvalid: names the listener and the problem of its TLS settings.
Result<std::vector<std::unique_ptr<Route>>> MakeRoutes(
    const config::Config& config, const Credentials& credentials,
    const std::vector<std::shared_ptr<session::DataPorts>>& data_ports);

}  // namespace starlock::proxy
