#pragma once

#include <cstddef>

/// Limits on what a peer may make us do or remember before its session is past negotiation and filter.
namespace starlock::protocol {

/// Commands that may be refused, or said before a TLS that is required, before the session ends with `limit`.
inline constexpr int kMaxCommands = 100;

/// Units of a server that may be skipped while its answer is awaited.
inline constexpr int kMaxSkipped = 100;

/// Questions of a client that the server has not answered. At the limit the client's next one waits.
inline constexpr size_t kMaxQuestions = 100;

}  // namespace starlock::protocol
