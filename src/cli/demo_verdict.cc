#include "cli/demo_verdict.h"

#include <algorithm>

namespace starlock::cli {
namespace {

// Whether any line of the message that is long enough to be told from chance is in `bytes`.
bool ShowsALine(std::string_view bytes, std::string_view message) {
  constexpr size_t kTelling = 8;
  while (!message.empty()) {
    const size_t end = std::min(message.find("\r\n"), message.size());
    const std::string_view line = message.substr(0, end);
    if (line.size() >= kTelling && bytes.find(line) != std::string_view::npos) return true;
    message.remove_prefix(std::min(end + 2, message.size()));
  }
  return false;
}

Claim Agreed(const Evidence& evidence) {
  const TlsDescription& noted = evidence.use == Use::kFront ? evidence.note.client_tls : evidence.note.server_tls;
  const TlsDescription& plain = evidence.use == Use::kFront ? evidence.note.server_tls : evidence.note.client_tls;
  if (!evidence.tls) return {false, "no TLS"};
  const tls::TlsInfo& tls = *evidence.tls;
  const bool whole = !tls.version.empty() && !tls.cipher.empty() && !tls.group.empty();
  const bool same = tls.version == noted.version && tls.cipher == noted.cipher && tls.group == noted.group;
  return {whole && same && plain.version.empty(), tls.version + "  " + tls.cipher + "  " + tls.group};
}

Claim Verified(const Evidence& evidence) {
  const std::string what = std::string(" has verified the certificate of ") + Stage::kName;
  // The proxy lets nobody through whom it was told to verify and could not.
  if (evidence.use == Use::kSidecar) return {evidence.proxy_verifies && evidence.tls.has_value(), "Starlock" + what};
  const bool passed = evidence.certificate.verification == tls::PeerInfo::Verification::kPassed;
  return {passed && !evidence.certificate.chain.empty(), "the client" + what};
}

Claim Hidden(const Evidence& evidence) {
  const Upgraded upgraded = SplitAtTls(evidence.tls_leg());
  const std::string& from_client = upgraded.inside[protocol::Index(Side::kClient)];
  const std::string& from_server = upgraded.inside[protocol::Index(Side::kServer)];
  const bool begins = IsClientHello(from_client) && !from_server.empty();
  const bool tls_alone = begins && IsTlsRecords(from_client) && IsTlsRecords(from_server);
  const bool seen = ShowsALine(evidence.tls_leg().From(Side::kClient), evidence.sent) ||
                    ShowsALine(evidence.tls_leg().From(Side::kServer), evidence.sent);
  const size_t size = from_client.size() + from_server.size();
  return {tls_alone && !seen, std::to_string(size) + " bytes, all of them TLS, and no line of the message in them"};
}

}  // namespace

bool SceneVerdict::all() const {
  return agreed.holds && verified.holds && arrived.holds && hidden.holds && readable.holds && ended.holds;
}

Side TellerOf(const Evidence& evidence) {
  const bool by_server = evidence.plain_leg().From(Side::kServer).find(evidence.sent) != std::string::npos;
  return by_server ? Side::kServer : Side::kClient;
}

SceneVerdict Judge(const Evidence& evidence) {
  SceneVerdict verdict;
  verdict.agreed = Agreed(evidence);
  verdict.verified = Verified(evidence);
  const bool intact = !evidence.sent.empty() && evidence.received == std::vector{evidence.sent};
  verdict.arrived = {
      intact, "the message has arrived, its " + std::to_string(evidence.sent.size()) + " bytes as they were sent"};
  verdict.hidden = Hidden(evidence);
  const bool open = evidence.plain_leg().From(TellerOf(evidence)).find(evidence.sent) != std::string::npos;
  verdict.readable = {open, "all of it, for anyone: keep this leg in one machine or a network you trust"};
  verdict.ended = {evidence.note.end == "closed" && evidence.note.blame == "none",
                   "Starlock's record of the session: end=" + evidence.note.end + " blame=" + evidence.note.blame};
  return verdict;
}

}  // namespace starlock::cli
