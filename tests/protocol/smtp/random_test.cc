// What holds for every script, shown with random ones. The seeds are fixed: a failure is the same tomorrow.

#include <gtest/gtest.h>

#include <random>

#include "peers.h"
#include "protocol/core/paired.h"
#include "scenes.h"
#include "support/smtp_watch.h"

namespace starlock::test {
namespace {

class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  size_t Below(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(engine_); }
  template <size_t N>
  std::string_view Of(const std::string_view (&choices)[N]) {
    return choices[Below(N)];
  }

 private:
  std::mt19937 engine_;
};

constexpr TlsMode kServers[] = {kOff, kImp, kOpp, kReq};

Scene RandomScene(Random& random) {
  return {random.Below(3) == 0 ? "lmtp" : "smtp", kModes[random.Below(4)], kServers[random.Below(4)]};
}

/// Something that a client may send. Each line bears a number, so that it can be told from every other.
std::string RandomLine(Random& random, std::string_view protocol, int number) {
  static constexpr std::string_view kVerbs[] = {
      "HELLO ",     "HELLO ",   "HELO ",     "NOOP ",           "RSET ",          "VRFY ",       "HELP ",
      "STARTTLS x", "XCLIENT ", " XCLIENT ", "QUIT ",           "MAIL ",          "RCPT ",       "DATA ",
      "ETRN ",      "*",        "",          "AUTH PLAIN good", "AUTH PLAIN bad", "AUTH LOGIN ", "AUTH LOGIN ",
      "good",       "bad",      "\xff",      "NOOP\t"};
  return InWordsOf(protocol, random.Of(kVerbs)) + "<" + std::to_string(number) + ">\r\n";
}

// ---- how a script is cut changes nothing
// -------------------------------------------------------------------------------

/// What a client sends in plaintext, and what it sends once its TLS stands.
struct Script {
  std::string plain;
  std::string inside;
};

Script RandomScript(Random& random, std::string_view protocol) {
  Script script;
  int number = 0;
  for (size_t left = random.Below(12); left > 0; --left) script.plain += RandomLine(random, protocol, ++number);
  if (random.Below(2) == 0) script.plain += "STARTTLS\r\n";
  if (random.Below(6) == 0) script.plain += RandomLine(random, protocol, ++number);
  if (random.Below(12) == 0) script.plain += "NOOP\n";
  for (size_t left = random.Below(12); left > 0; --left) script.inside += RandomLine(random, protocol, ++number);
  return script;
}

struct Outcome {
  ActKind act;
  End end;
  std::string to_client, to_server;
  bool client_tls;
};

/// A client that sends its script without listening, a server that answers what it hears; both in random pieces (or,
/// where `pacing` is nullptr, each all that it has).
Outcome Converse(const Scene& scene, const Script& script, Random* pacing) {
  FakeServer server(scene.server == kOpp || scene.server == kReq);
  DialogueDriver driver = Stage(scene);
  driver.Open();
  bool inside = scene.client == kImp;
  std::string from_client = inside ? script.plain + script.inside : script.plain;
  std::string from_server = FakeServer::Greeting();
  size_t served = 0;
  while (driver.act() != ActKind::kFail) {
    if (driver.act() == ActKind::kTlsServer) {
      server.TlsUp();
      driver.Succeed();
      continue;
    }
    if (driver.act() == ActKind::kTlsClient) {
      if (!from_client.empty() || !driver.to_tls(Side::kClient).empty()) {
        driver.Abandon({End::kPlaintextAfterStarttls, Blame::kClient, ""});
        break;
      }
      driver.Succeed();
      inside = true;
      from_client = script.inside;
      continue;
    }
    from_server += server.Take(driver.said(Side::kServer).substr(served));
    served = driver.said(Side::kServer).size();
    if (from_client.empty() && from_server.empty()) break;
    const bool client_speaks =
        from_server.empty() || (!from_client.empty() && pacing != nullptr && pacing->Below(2) == 0);
    std::string& source = client_speaks ? from_client : from_server;
    // A server in negotiation is given no chance to be early: its answers come whole or in pieces, never with the next.
    const size_t most = pacing == nullptr ? source.size() : 1 + pacing->Below(std::min<size_t>(source.size(), 40));
    const std::string piece = source.substr(0, most);
    source.erase(0, most);
    driver.Arrive(client_speaks ? Side::kClient : Side::kServer, piece);
  }
  return {driver.act(), driver.failure().end, driver.said(Side::kClient), driver.said(Side::kServer), inside};
}

// An AUTH sent behind EHLO without waiting closes the window before or after the offer is made: either is right.
std::string WithoutTheOffer(std::string text) {
  constexpr std::string_view kOffer = "250-STARTTLS\r\n";
  for (size_t at; (at = text.find(kOffer)) != std::string::npos;) text.erase(at, kOffer.size());
  return text;
}

// What the bad line is answered with may overtake the answers of the upstream to lines before it.
bool EndsInABadLine(const Outcome& outcome) {
  return outcome.act == ActKind::kFail && outcome.to_client.find("500 5.5.2 Syntax") != std::string::npos;
}

TEST(SmtpRandom, CutsAndPacingChangeNothing) {
  size_t upgraded = 0;
  size_t relayed = 0;
  size_t failed = 0;
  for (uint32_t seed = 1; seed <= 3000; ++seed) {
    Random random(seed);
    const Scene scene = RandomScene(random);
    const Script script = RandomScript(random, scene.protocol);
    SCOPED_TRACE(ToString(scene) + ", seed " + std::to_string(seed) + ":\n" + script.plain + "--\n" + script.inside);
    const Outcome whole = Converse(scene, script, nullptr);
    for (uint32_t pace = 1; pace <= 8; ++pace) {
      Random pacing(seed * 100 + pace);
      const Outcome cut = Converse(scene, script, &pacing);
      ASSERT_EQ(cut.act, whole.act);
      ASSERT_EQ(cut.to_server, whole.to_server);
      ASSERT_EQ(cut.client_tls, whole.client_tls);
      if (whole.act == ActKind::kFail) {
        ASSERT_EQ(ToString(cut.end), ToString(whole.end));
      }
      if (EndsInABadLine(whole)) continue;
      ASSERT_EQ(WithoutTheOffer(cut.to_client), WithoutTheOffer(whole.to_client));
    }
    upgraded += whole.client_tls && scene.client != kImp;
    relayed += whole.act == ActKind::kRelay;
    failed += whole.act == ActKind::kFail;
  }
  // The scripts reach what they are there for.
  EXPECT_GT(upgraded, 100U);
  EXPECT_GT(relayed, 500U);
  EXPECT_GT(failed, 100U);
}

// ---- no script breaks a boundary
// ---------------------------------------------------------------------------------------

std::string RandomReply(Random& random, int number) {
  static constexpr std::string_view kReplies[] = {"220 ready ",
                                                  "220 go ",
                                                  "250 ok ",
                                                  "250-x\r\n250 STARTTLS ",
                                                  "250-STARTTLS\r\n250 ",
                                                  "334 ",
                                                  "235 ",
                                                  "354 ",
                                                  "421 bye ",
                                                  "454 no ",
                                                  "502 no ",
                                                  "535 no ",
                                                  "250-a\r\n251 b ",
                                                  "x ",
                                                  "250-open\r\n250-",
                                                  "220-a\r\n220 ",
                                                  "250\r\n250 "};
  return std::string(random.Of(kReplies)) + "server<" + std::to_string(number) + ">" +
         (random.Below(20) == 0 ? "\n" : "\r\n");
}

/// What a server that keeps to the protocol would say now, or nothing.
std::string DueReply(const DialogueDriver& driver) {
  if (driver.used(Side::kServer).empty()) return FakeServer::Greeting();
  const std::string& said = driver.said(Side::kServer);
  if (said.empty()) return "";
  const size_t last = said.rfind('\n', said.size() - 2) + 1;  // 0 where there is but one line
  return said.compare(last, 8, "STARTTLS") == 0 ? "220 go\r\n" : "250-x\r\n250 STARTTLS\r\n";
}

/// One thing that happens in a random script: bytes of either peer, or an event.
void DoSomething(Random& random, const Scene& scene, int& number, DialogueDriver& driver) {
  const size_t choice = random.Below(10);
  if (driver.act() != ActKind::kRead && choice < 5) {
    driver.act() == ActKind::kTlsServer&& random.Below(3) == 0 ? driver.FailTls() : driver.Succeed();
  } else if (choice == 9 && random.Below(10) == 0) {
    driver.Abandon({End::kDrained, Blame::kNone, "shutting down"});
  } else if (choice % 2 == 0) {
    std::string bytes;
    for (size_t left = 1 + random.Below(3); left > 0; --left) {
      bytes += random.Below(4) == 0 ? "STARTTLS\r\n" : RandomLine(random, scene.protocol, ++number);
    }
    if (random.Below(8) == 0) bytes.pop_back();
    driver.Arrive(Side::kClient, bytes);
  } else if (random.Below(3) != 0) {
    driver.Arrive(Side::kServer, DueReply(driver));
  } else {
    std::string bytes;
    for (size_t left = 1 + (random.Below(4) == 0 ? 1 : 0); left > 0; --left) bytes += RandomReply(random, ++number);
    driver.Arrive(Side::kServer, bytes);
  }
}

/// What happened in all scripts together.
struct Counts {
  int client_tls = 0, server_tls = 0, relayed = 0, failed = 0, redialled = 0;
};

/// Plays a random script under the watch that the fuzzer keeps, too. Here each line bears a number, so that what lay
/// behind STARTTLS can be looked for by name.
void PlayRandom(uint32_t seed, Counts& counts) {
  Random random(seed);
  const Scene scene = RandomScene(random);
  SCOPED_TRACE(ToString(scene) + ", seed " + std::to_string(seed));
  DialogueDriver driver = Stage(scene);
  driver.Open();
  SmtpWatch watch(driver, scene.protocol, kHost, scene.client, scene.server);
  std::string injected;
  int number = 0;
  for (int turn = 0; turn < 40 && !driver.over(); ++turn) {
    const ActKind before = driver.act();
    watch.Step([&](DialogueDriver& driven) { DoSomething(random, scene, number, driven); });
    if (before != ActKind::kTlsClient && driver.act() == ActKind::kTlsClient) injected = driver.to_tls(Side::kClient);
  }
  for (size_t begin = 0, end; (end = injected.find("\r\n", begin)) != std::string::npos; begin = end + 2) {
    const std::string line = injected.substr(begin, end + 2 - begin);
    if (line == "STARTTLS\r\n") continue;
    ASSERT_EQ(driver.said(Side::kServer).find(line), std::string::npos) << "injected: " << line;
  }
  if (protocol::Upgrades(scene.server) && !driver.tls_up(Side::kServer) && driver.notes().empty()) {
    ASSERT_EQ(driver.said(Side::kClient).find("server<"), std::string::npos) << "the server's words before its TLS";
  }
  counts.client_tls += watch.client_tls();
  counts.server_tls += watch.server_tls();
  counts.relayed += driver.act() == ActKind::kRelay ? 1 : 0;
  counts.failed += driver.act() == ActKind::kFail ? 1 : 0;
  counts.redialled += driver.dials() > 1 ? 1 : 0;
}

TEST(SmtpRandom, NoScriptBreaksABoundary) {
  Counts counts;
  for (uint32_t seed = 1; seed <= 20000; ++seed) {
    PlayRandom(seed, counts);
    if (HasFatalFailure()) return;
  }
  // The scripts reach what they are there for.
  EXPECT_GT(counts.client_tls, 1000);
  EXPECT_GT(counts.server_tls, 1000);
  EXPECT_GT(counts.relayed, 1000);
  EXPECT_GT(counts.failed, 1000);
  EXPECT_GT(counts.redialled, 50);
}

}  // namespace
}  // namespace starlock::test
