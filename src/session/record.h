#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "log/log.h"
#include "protocol/core/outcome.h"
#include "tls/tls_info.h"

namespace starlock::session {

/// What is told of a session at its end. Never any content of it.
struct SessionRecord {
  std::string listener;
  std::string protocol;
  std::string client;       ///< the client's address and port
  std::string server;       ///< the upstream's; empty where none was reached
  tls::TlsInfo client_tls;  ///< an empty version: plaintext
  tls::TlsInfo server_tls;
  uint64_t bytes_in = 0;                     ///< from the meeting point on, client to server
  uint64_t bytes_out = 0;                    ///< and back
  std::chrono::milliseconds negotiation{0};  ///< from accept to the meeting point, or to the end where it was not met
  std::chrono::milliseconds duration{0};
  protocol::End end = protocol::End::kInternal;
  protocol::Blame blame = protocol::Blame::kNone;
  std::string why;  ///< what is behind `end`, for a person; may be empty
};

/// Writes the record as a log's line, whatever the log's level.
void WriteRecord(Logger& log, const SessionRecord& record);

}  // namespace starlock::session
