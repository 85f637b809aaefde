#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "log/log.h"
#include "protocol/core/outcome.h"
#include "tls/tls_info.h"

namespace starlock::session {

/// What the log says about a session when it is over. Contains no message content.
struct SessionRecord {
  std::string listener;
  std::string protocol;
  std::string client;                        ///< address and port
  std::string server;                        ///< likewise the upstream's; empty: none was reached
  std::unique_ptr<tls::TlsInfo> client_tls;  ///< nullptr: plaintext
  std::unique_ptr<tls::TlsInfo> server_tls;
  uint64_t bytes_in = 0;                     ///< from the meeting point on, client to server
  uint64_t bytes_out = 0;                    ///< and back
  std::chrono::milliseconds negotiation{0};  ///< from accept to the meeting point, or to the end without one
  std::chrono::milliseconds duration{0};
  protocol::End end = protocol::End::kInternal;
  protocol::Blame blame = protocol::Blame::kNone;
  std::string why;         ///< the reason for `end`, for a person; may be empty
  bool concluded = false;  ///< `end` is known

  /// Sets `end`, `blame` and `why`. Only the first call counts: later ones report its consequences.
  void Conclude(protocol::End how, protocol::Blame whose, std::string reason);
};

/// Writes the record as one log line, at any log level.
void WriteRecord(Logger& log, const SessionRecord& record);

}  // namespace starlock::session
