#pragma once

namespace starlock::protocol {

/// Warnings for the log that several dialects share. See Out::notes.
inline constexpr const char* kChannelBindingNote =
    "the server offers channel binding (-PLUS), which fails across two TLS legs: disable these mechanisms on the "
    "server, or configure clients not to require them";
inline constexpr const char* kExternalNote =
    "the client wants to authenticate with its TLS certificate (EXTERNAL), which the server cannot see through this "
    "proxy: use another mechanism";

}  // namespace starlock::protocol
