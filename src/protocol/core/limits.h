#pragma once

#include <cstddef>

/// Limits on the work and memory that a peer can cause while its session negotiates or filters.
namespace starlock::protocol {

/// Commands that we answer ourselves: refusals of the filter, or commands before required TLS. One more ends the
/// session with `limit`.
inline constexpr int kMaxCommands = 100;

/// Units of a server that are skipped while we wait for its replies: in a session's whole negotiation, and in each
/// stage of a probe. One more ends it with `limit`.
inline constexpr int kMaxSkipped = 100;

/// Outstanding questions: commands of a client that the server has not answered. At the limit, the client's next
/// command waits.
inline constexpr size_t kMaxQuestions = 100;

}  // namespace starlock::protocol
