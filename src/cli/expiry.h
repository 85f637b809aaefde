#pragma once

#include <string>
#include <vector>

#include "cli/dates.h"
#include "config/reader.h"
#include "proxy/credentials.h"

namespace starlock::cli {

/// A line a certificate: its name, whose it is, its key, and until when it is valid.
std::vector<std::string> DescribeCertificates(const config::Config& config, const proxy::Credentials& credentials);

/// Certificates that are not valid at `now`, or will not be 14 days later, each where the configuration names its file.
std::vector<config::Diagnostic> FindExpiring(const config::Config& config, const proxy::Credentials& credentials,
                                             Time now);

}  // namespace starlock::cli
