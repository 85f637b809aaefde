#pragma once

#include <string>

namespace starlock::tls {

/// The TLS library of this build and how records are processed, for --version:
/// `BoringSSL, API version 44; records opened and sealed in place`.
std::string LibraryVersion();

}  // namespace starlock::tls
