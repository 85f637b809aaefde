#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "proxy/credentials.h"
#include "session/route.h"

namespace starlock::proxy {

using session::Route;

/// The listeners of `config` (which must outlive them) with TLS contexts of one worker's own. kInvalid says which
/// listener, and what its TLS lacks.
Result<std::vector<std::unique_ptr<Route>>> MakeRoutes(const config::Config& config, const Credentials& credentials);

}  // namespace starlock::proxy
