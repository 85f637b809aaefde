#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "cli/demo_scene.h"
#include "cli/demo_story.h"
#include "cli/demo_verdict.h"

namespace starlock::cli {
namespace {

using testing::HasSubstr;

/// Both scenes of each protocol, played once.
const Evidence& Played(const std::string& protocol, Use use) {
  static std::map<std::pair<std::string, Use>, Evidence> played;
  const auto key = std::make_pair(protocol, use);
  if (!played.contains(key)) {
    const auto stage = Stage::Set(*FindDemo(protocol));
    EXPECT_TRUE(stage.ok());
    auto evidence = Play(stage.value(), use);
    EXPECT_TRUE(evidence.ok()) << evidence.error().detail;
    if (evidence.ok()) played[key] = evidence.value();
  }
  return played[key];
}

TEST(Demo, WhatItShowsIsSo) {
  for (const char* protocol : {"smtp", "lmtp", "imap", "pop3", "ldap"}) {
    for (const Use use : {Use::kFront, Use::kSidecar}) {
      const SceneVerdict verdict = Judge(Played(protocol, use));
      for (const Claim* claim :
           {&verdict.agreed, &verdict.verified, &verdict.arrived, &verdict.hidden, &verdict.readable, &verdict.ended}) {
        EXPECT_TRUE(claim->holds) << protocol << ": " << claim->text;
      }
      EXPECT_TRUE(verdict.all());
    }
  }
}

// Each claim must be able to fail.
TEST(Demo, WhatIsNotSoIsNotClaimed) {
  struct Change {
    const char* what;
    Use use;
    std::function<void(Evidence&)> make;
    Claim SceneVerdict::*claim;
  };
  const auto append = [](Recording& recording, Side from, const std::string& bytes) { recording.Add(from, bytes); };
  const Change changes[] = {
      {"no TLS", Use::kFront, [](Evidence& e) { e.tls.reset(); }, &SceneVerdict::agreed},
      {"another group", Use::kFront, [](Evidence& e) { e.note.client_tls.group = "P-256"; }, &SceneVerdict::agreed},
      {"another cipher", Use::kSidecar, [](Evidence& e) { e.tls->cipher = "NULL"; }, &SceneVerdict::agreed},
      {"TLS on both legs", Use::kSidecar, [](Evidence& e) { e.note.client_tls.version = "TLSv1.3"; },
       &SceneVerdict::agreed},
      {"a refused certificate", Use::kFront,
       [](Evidence& e) { e.certificate.verification = tls::PeerInfo::Verification::kFailed; }, &SceneVerdict::verified},
      {"an unverified certificate", Use::kFront,
       [](Evidence& e) { e.certificate.verification = tls::PeerInfo::Verification::kNotDone; },
       &SceneVerdict::verified},
      {"a proxy that does not look", Use::kSidecar, [](Evidence& e) { e.proxy_verifies = false; },
       &SceneVerdict::verified},
      {"a byte less", Use::kFront, [](Evidence& e) { e.received[0].pop_back(); }, &SceneVerdict::arrived},
      {"nothing arrived", Use::kSidecar, [](Evidence& e) { e.received.clear(); }, &SceneVerdict::arrived},
      {"arrived twice", Use::kSidecar, [](Evidence& e) { e.received.push_back(e.sent); }, &SceneVerdict::arrived},
      {"plaintext behind TLS", Use::kFront,
       [&](Evidence& e) { append(e.client_leg, Side::kClient, "MAIL FROM:<a>\r\n"); }, &SceneVerdict::hidden},
      {"plaintext behind TLS, by the server", Use::kSidecar,
       [&](Evidence& e) { append(e.server_leg, Side::kServer, "250 fine\r\n"); }, &SceneVerdict::hidden},
      {"no TLS on the wire", Use::kFront, [](Evidence& e) { e.client_leg = Recording(); }, &SceneVerdict::hidden},
      {"nothing on the other leg", Use::kFront, [](Evidence& e) { e.server_leg = Recording(); },
       &SceneVerdict::readable},
      {"an untidy end", Use::kSidecar, [](Evidence& e) { e.note.end = "truncated"; }, &SceneVerdict::ended},
  };
  for (const Change& change : changes) {
    Evidence evidence = Played("smtp", change.use);
    change.make(evidence);
    const SceneVerdict verdict = Judge(evidence);
    EXPECT_FALSE((verdict.*change.claim).holds) << change.what;
    EXPECT_FALSE(verdict.all()) << change.what;
    EXPECT_THAT(TellScene(evidence, verdict, Style(false, false)), HasSubstr("NOT SO:")) << change.what;
  }
}

TEST(Demo, TheMessageInsideTlsWouldBeFound) {
  Evidence evidence = Played("smtp", Use::kFront);
  // A record that is one, but holds plaintext: a cipher that does not encrypt.
  const std::string leak = "\x17\x03\x03" + std::string(1, '\0') + static_cast<char>(evidence.sent.size());
  evidence.client_leg.Add(Side::kServer, leak + evidence.sent);
  EXPECT_FALSE(Judge(evidence).hidden.holds);
}

TEST(Demo, TheStoryIsNoWiderThanATerminal) {
  for (const Use use : {Use::kFront, Use::kSidecar}) {
    const Evidence& evidence = Played("smtp", use);
    const Style style(false, false);
    std::string story = TellBeginning(style) + TellScene(evidence, Judge(evidence), style);
    story += TellEnd(*FindDemo("smtp"), "build/release/starlock", style);
    for (size_t at = 0; at < story.size(); at = story.find('\n', at) + 1) {
      EXPECT_LE(story.find('\n', at) - at, 80U) << story.substr(at, story.find('\n', at) - at);
    }
  }
}

}  // namespace
}  // namespace starlock::cli
