#pragma once

#include <string>

namespace starlock::tls {

/// The TLS library that we are built with, and what it does with records, for people:
/// `BoringSSL, API version 44; records opened and sealed in place`.
std::string LibraryVersion();

}  // namespace starlock::tls
