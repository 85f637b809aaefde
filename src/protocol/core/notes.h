#pragma once

namespace starlock::protocol {

/// Notes for the log that several dialects say.
inline constexpr const char* kChannelBindingNote =
    "the server offers channel binding (-PLUS), which does not hold across two TLS legs: switch these mechanisms off "
    "at "
    "the server, or tell clients not to insist on them";
inline constexpr const char* kExternalNote =
    "the client asks to authenticate by its TLS certificate (EXTERNAL), which the server cannot see through this "
    "proxy: "
    "use another mechanism";

}  // namespace starlock::protocol
