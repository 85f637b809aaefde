#pragma once

#include "config/map_reader.h"

namespace starlock::config {

/// Warns about each `smtp` listener that strangers can reach and that leads to a mail server on this host's loopback
/// addresses. The server sees every client as a local one, and by default it relays for those: an open relay.
std::vector<Diagnostic> FindOpenRelays(const Config& config);

}  // namespace starlock::config
