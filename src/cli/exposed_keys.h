#pragma once

#include <vector>

#include "config/reader.h"

namespace starlock::cli {

/// Warnings about files of private keys and ticket keys that every user of the system can read or change. A group may
/// read them: that is how a service without root's rights gets a key (Debian's ssl-cert, fsGroup in Kubernetes).
std::vector<config::Diagnostic> FindExposedKeys(const config::Config& config);

}  // namespace starlock::cli
