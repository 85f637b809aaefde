#include "demo/verdict.h"

#include <fmt/core.h>

#include <algorithm>

namespace starlock::demo {
namespace {

// Whether `bytes` contain a line of the message. Shorter lines are skipped: ciphertext may contain them by chance.
bool ContainsALine(std::string_view bytes, std::string_view message) {
  constexpr size_t kShortest = 8;
  while (!message.empty()) {
    const size_t end = std::min(message.find("\r\n"), message.size());
    const std::string_view line = message.substr(0, end);
    if (line.size() >= kShortest && bytes.find(line) != std::string_view::npos) return true;
    message.remove_prefix(std::min(end + 2, message.size()));
  }
  return false;
}

Claim CheckAgreed(const Evidence& evidence) {
  const bool front = evidence.use == Use::kFront;
  const LoggedTls& logged = front ? evidence.logged.client_tls : evidence.logged.server_tls;
  const LoggedTls& plain = front ? evidence.logged.server_tls : evidence.logged.client_tls;
  if (!evidence.tls) return {false, "no TLS"};
  const tls::TlsInfo& tls = *evidence.tls;
  const bool complete = !tls.version.empty() && !tls.cipher.empty() && !tls.group.empty();
  const bool same = tls.version == logged.version && tls.cipher == logged.cipher && tls.group == logged.group;
  return {complete && same && plain.version.empty(), fmt::format("{}  {}  {}", tls.version, tls.cipher, tls.group)};
}

Claim CheckVerified(const Evidence& evidence) {
  const auto text = [](const char* verifier) {
    return fmt::format("{} verified the certificate of {}", verifier, Stage::kName);
  };
  // With full verification configured, a completed handshake proves that verification passed.
  if (evidence.use == Use::kSidecar) return {evidence.proxy_verifies && evidence.tls.has_value(), text("Starlock")};
  const bool passed = evidence.certificate.verification == tls::PeerInfo::Verification::kPassed;
  return {passed && !evidence.certificate.chain.empty(), text("the client")};
}

Claim CheckHidden(const Evidence& evidence) {
  const SplitRecording split = SplitAtTls(evidence.tls_leg());
  const std::string& from_client = split.inside[protocol::Index(Side::kClient)];
  const std::string& from_server = split.inside[protocol::Index(Side::kServer)];
  const bool starts = IsClientHello(from_client) && !from_server.empty();
  const bool only_tls = starts && IsTlsRecords(from_client) && IsTlsRecords(from_server);
  const bool leaked = ContainsALine(evidence.tls_leg().From(Side::kClient), evidence.sent) ||
                      ContainsALine(evidence.tls_leg().From(Side::kServer), evidence.sent);
  return {only_tls && !leaked, fmt::format("all {} bytes are TLS records and contain no line of the message",
                                           from_client.size() + from_server.size())};
}

}  // namespace

bool SceneVerdict::all() const {
  return agreed.holds && verified.holds && arrived.holds && hidden.holds && readable.holds && ended.holds;
}

Side SenderOf(const Evidence& evidence) {
  const bool by_server = evidence.plain_leg().From(Side::kServer).find(evidence.sent) != std::string::npos;
  return by_server ? Side::kServer : Side::kClient;
}

SceneVerdict CheckEvidence(const Evidence& evidence) {
  SceneVerdict verdict;
  verdict.agreed = CheckAgreed(evidence);
  verdict.verified = CheckVerified(evidence);
  const bool intact = !evidence.sent.empty() && evidence.received == std::vector{evidence.sent};
  verdict.arrived = {intact, fmt::format("the message arrived unchanged ({} bytes)", evidence.sent.size())};
  verdict.hidden = CheckHidden(evidence);
  const bool readable = evidence.plain_leg().From(SenderOf(evidence)).find(evidence.sent) != std::string::npos;
  verdict.readable = {readable, "the whole message is readable: keep this leg on a trusted network"};
  verdict.ended = {
      evidence.logged.end == "closed" && evidence.logged.blame == "none",
      fmt::format("Starlock logged the session: end={} blame={}", evidence.logged.end, evidence.logged.blame)};
  return verdict;
}

}  // namespace starlock::demo
