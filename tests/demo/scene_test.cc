#include "demo/scene.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "demo/story.h"
#include "demo/verdict.h"

namespace starlock::demo {
namespace {

using testing::HasSubstr;

/// The evidence of a scene, which is played once per process.
const Evidence& Played(const std::string& protocol, Use use) {
  static std::map<std::pair<std::string, Use>, Evidence> played;
  const auto key = std::make_pair(protocol, use);
  if (!played.contains(key)) {
    const auto stage = Stage::Create(*FindPartProtocol(protocol));
    EXPECT_TRUE(stage.ok());
    auto evidence = PlayScene(stage.value(), use);
    EXPECT_TRUE(evidence.ok()) << evidence.error().detail;
    if (evidence.ok()) played[key] = evidence.value();
  }
  return played[key];
}

TEST(Demo, EveryClaimHoldsInEveryScene) {
  for (const char* protocol : {"smtp", "lmtp", "imap", "pop3", "ldap"}) {
    for (const Use use : {Use::kFront, Use::kSidecar}) {
      const SceneVerdict verdict = CheckEvidence(Played(protocol, use));
      for (const Claim* claim :
           {&verdict.agreed, &verdict.verified, &verdict.arrived, &verdict.hidden, &verdict.readable, &verdict.ended}) {
        EXPECT_TRUE(claim->holds) << protocol << ": " << claim->text;
      }
      EXPECT_TRUE(verdict.all());
    }
  }
}

TEST(Demo, EachClaimCanFail) {
  struct Change {
    const char* what;
    Use use;
    std::function<void(Evidence&)> make;
    Claim SceneVerdict::*claim;
  };
  const auto append = [](Recording& recording, Side from, const std::string& bytes) { recording.Add(from, bytes); };
  const Change changes[] = {
      {"no TLS", Use::kFront, [](Evidence& e) { e.tls.reset(); }, &SceneVerdict::agreed},
      {"another group", Use::kFront, [](Evidence& e) { e.logged.client_tls.group = "P-256"; }, &SceneVerdict::agreed},
      {"another cipher", Use::kSidecar, [](Evidence& e) { e.tls->cipher = "NULL"; }, &SceneVerdict::agreed},
      {"TLS on both legs", Use::kSidecar, [](Evidence& e) { e.logged.client_tls.version = "TLSv1.3"; },
       &SceneVerdict::agreed},
      {"a refused certificate", Use::kFront,
       [](Evidence& e) { e.certificate.verification = tls::PeerInfo::Verification::kFailed; }, &SceneVerdict::verified},
      {"an unverified certificate", Use::kFront,
       [](Evidence& e) { e.certificate.verification = tls::PeerInfo::Verification::kNotDone; },
       &SceneVerdict::verified},
      {"a proxy that does not verify", Use::kSidecar, [](Evidence& e) { e.proxy_verifies = false; },
       &SceneVerdict::verified},
      {"a byte is missing", Use::kFront, [](Evidence& e) { e.received[0].pop_back(); }, &SceneVerdict::arrived},
      {"nothing arrived", Use::kSidecar, [](Evidence& e) { e.received.clear(); }, &SceneVerdict::arrived},
      {"it arrived twice", Use::kSidecar, [](Evidence& e) { e.received.push_back(e.sent); }, &SceneVerdict::arrived},
      {"plaintext after TLS", Use::kFront,
       [&](Evidence& e) { append(e.client_leg, Side::kClient, "MAIL FROM:<a>\r\n"); }, &SceneVerdict::hidden},
      {"plaintext after TLS, from the server", Use::kSidecar,
       [&](Evidence& e) { append(e.server_leg, Side::kServer, "250 fine\r\n"); }, &SceneVerdict::hidden},
      {"no TLS on the wire", Use::kFront, [](Evidence& e) { e.client_leg = Recording(); }, &SceneVerdict::hidden},
      {"nothing on the other leg", Use::kFront, [](Evidence& e) { e.server_leg = Recording(); },
       &SceneVerdict::readable},
      {"a truncated session", Use::kSidecar, [](Evidence& e) { e.logged.end = "truncated"; }, &SceneVerdict::ended},
  };
  for (const Change& change : changes) {
    Evidence evidence = Played("smtp", change.use);
    change.make(evidence);
    const SceneVerdict verdict = CheckEvidence(evidence);
    EXPECT_FALSE((verdict.*change.claim).holds) << change.what;
    EXPECT_FALSE(verdict.all()) << change.what;
    EXPECT_THAT(TellScene(evidence, verdict, Style(false, false)), HasSubstr("FAILED:")) << change.what;
  }
}

TEST(Demo, AMessageInAPlaintextRecordIsFound) {
  Evidence evidence = Played("smtp", Use::kFront);
  // A well-formed record whose content is plaintext, as with a cipher that does not encrypt.
  const std::string leak = "\x17\x03\x03" + std::string(1, '\0') + static_cast<char>(evidence.sent.size());
  evidence.client_leg.Add(Side::kServer, leak + evidence.sent);
  EXPECT_FALSE(CheckEvidence(evidence).hidden.holds);
}

TEST(Demo, OutputFitsInEightyColumns) {
  for (const Use use : {Use::kFront, Use::kSidecar}) {
    const Evidence& evidence = Played("smtp", use);
    const Style style(false, false);
    std::string story = TellIntroduction(style) + TellScene(evidence, CheckEvidence(evidence), style);
    story += TellNextSteps(*FindPartProtocol("smtp"), "build/release/starlock", style);
    for (size_t at = 0; at < story.size(); at = story.find('\n', at) + 1) {
      EXPECT_LE(story.find('\n', at) - at, 80U) << story.substr(at, story.find('\n', at) - at);
    }
  }
}

}  // namespace
}  // namespace starlock::demo
