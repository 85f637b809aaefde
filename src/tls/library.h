#pragma once

#include <string>

namespace starlock::tls {

/// The TLS library that we are built with, for people: `BoringSSL, API version 44`.
std::string LibraryVersion();

}  // namespace starlock::tls
