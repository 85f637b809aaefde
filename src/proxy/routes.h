#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "proxy/credentials.h"
#include "session/route.h"

namespace starlock::proxy {

using session::Route;

/// One worker's routes: the listeners of `config`, which must outlive them, with TLS contexts of that worker's own.
/// kInvalid: names the listener and the problem of its TLS settings.
Result<std::vector<std::unique_ptr<Route>>> MakeRoutes(const config::Config& config, const Credentials& credentials);

}  // namespace starlock::proxy
