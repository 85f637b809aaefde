#pragma once

#include <string>
#include <vector>

#include "cli/dates.h"
#include "config/reader.h"
#include "proxy/credentials.h"

namespace starlock::cli {

/// One line per certificate: its name in the configuration, its subject names, key type and expiry date.
std::vector<std::string> DescribeCertificates(const config::Config& config, const proxy::Credentials& credentials);

/// Warnings about certificates that are not valid at `now` or expire within kSoon, each located where the configuration
/// names the file.
std::vector<config::Diagnostic> FindExpiring(const config::Config& config, const proxy::Credentials& credentials,
                                             Time now);

}  // namespace starlock::cli
