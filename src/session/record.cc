#include "session/record.h"

#include <utility>
#include <vector>

namespace starlock::session {
namespace {

Field::Value Describe(const tls::TlsInfo* info) {
  if (info == nullptr) return "plain";
  return Compound{{{"version", info->version}, {"cipher", info->cipher}, {"group", info->group}}};
}

bool Resumed(const tls::TlsInfo* info) { return info != nullptr && info->resumed; }

Field::Value TextOrNull(const std::string& text) { return text.empty() ? Field::Value(nullptr) : Field::Value(text); }

}  // namespace

void SessionRecord::Conclude(protocol::End how, protocol::Blame whose, std::string reason) {
  if (std::exchange(concluded, true)) return;
  end = how;
  blame = whose;
  why = std::move(reason);
}

void WriteRecord(Logger& log, const SessionRecord& record) {
  const tls::TlsInfo* const client = record.client_tls.get();
  const tls::TlsInfo* const server = record.server_tls.get();
  std::vector<Field> fields = {
      {"listener", record.listener},
      {"protocol", record.protocol},
      {"client", record.client},
      {"server", TextOrNull(record.server)},
      {"client_tls", Describe(client)},
      {"server_tls", Describe(server)},
      {"client_resumed", Resumed(client)},
      {"server_resumed", Resumed(server)},
      {"sni", client != nullptr ? TextOrNull(client->sni) : nullptr},
      {"bytes_in", static_cast<int64_t>(record.bytes_in)},
      {"bytes_out", static_cast<int64_t>(record.bytes_out)},
      {"negotiation_ms", static_cast<int64_t>(record.negotiation.count())},
      {"duration_ms", static_cast<int64_t>(record.duration.count())},
      {"end", std::string(ToString(record.end))},
      {"blame", std::string(ToString(record.blame))},
  };
  if (!record.why.empty()) fields.push_back({"why", record.why});
  log.RecordSession(record.end != protocol::End::kClosed, fields);
}

}  // namespace starlock::session
