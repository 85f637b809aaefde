// The rules of a client leg that must upgrade, shown with a toy dialect of lines.

#include "protocol/core/required_upgrade_leg.h"

#include <gtest/gtest.h>

#include <string>

#include "protocol/core/limits.h"

namespace starlock::protocol {
namespace {

using Then = BeforeTls::Then;

constexpr VerbRow kVerbs[] = {
    {"TLS", Then::kUpgrade, "go\r\n", "no argument\r\n"},
    {"LIST", Then::kStay, "list\r\n"},
    {"QUIT", Then::kLeave, "bye\r\n"},
};
constexpr LineSpeech kSpeech = {
    .verbs = kVerbs,
    .refusal = "tls first\r\n",
    .serves = [](std::string_view greeting) { return greeting.substr(0, 2) == "ok"; },
    .of_verb = IsLetterOrDigit,
};
constexpr LineSpeech kLetters = {
    .verbs = kVerbs, .refusal = "tls first\r\n", .serves = kSpeech.serves, .of_verb = IsLetter};

/// A leg, and what it said last.
class Leg {
 public:
  explicit Leg(TlsMode client = TlsMode::kRequired, const std::string& greeting = "ok\r\n",
               const LineSpeech& speech = kSpeech)
      : env_{"", client, TlsMode::kOff}, prologue_(env_), leg_(prologue_, speech) {
    prologue_.greeting = greeting;
  }

  LegAct Begin() {
    Out out;
    LegAct act = leg_.Begin(out);
    said = out.client();
    EXPECT_EQ(out.server(), "");
    return act;
  }

  LegAct Say(std::string_view line) {
    Scan scan;
    const Frame frame = leg_.Cut(line, scan);
    EXPECT_EQ(frame.kind, Frame::Kind::kWhole) << line;
    EXPECT_EQ(frame.size, line.size()) << line;
    Out out;
    LegAct act = leg_.On(line, out);
    said = out.client();
    EXPECT_EQ(out.server(), "") << "the upstream waits untouched";
    return act;
  }

  bool refused() const { return prologue_.refused; }

  std::string said;

 private:
  Env env_;
  Prologue prologue_;
  LineUpgradeLeg leg_;
};

TEST(RequiredUpgradeLeg, InTheOtherModesTheGreetingIsAllThereIsToSay) {
  for (const TlsMode mode : {TlsMode::kOff, TlsMode::kOpportunistic, TlsMode::kImplicit}) {
    for (const char* greeting : {"ok\r\n", "go away\r\n"}) {
      Leg leg(mode, greeting);
      const LegAct act = leg.Begin();
      ASSERT_TRUE(Is<Settled>(act));
      EXPECT_FALSE(std::get<Settled>(act).keep);
      EXPECT_EQ(leg.said, greeting);
    }
  }
}

TEST(RequiredUpgradeLeg, ReadsCommandsWhereTheServerPromisesService) {
  Leg leg;
  EXPECT_TRUE(Is<Read>(leg.Begin()));
  EXPECT_EQ(leg.said, "ok\r\n");
}

TEST(RequiredUpgradeLeg, EndsWhereTheServerRefusesService) {
  Leg leg(TlsMode::kRequired, "go away\r\n");
  const LegAct act = leg.Begin();
  ASSERT_TRUE(Is<Fail>(act));
  EXPECT_TRUE(std::get<Fail>(act).told);
  EXPECT_EQ(std::get<Fail>(act).failure.end, End::kClosed);
  EXPECT_EQ(std::get<Fail>(act).failure.blame, Blame::kServer);
  EXPECT_EQ(leg.said, "go away\r\n") << "the server's own words";
}

TEST(RequiredUpgradeLeg, AnswersByTheTable) {
  Leg leg;
  leg.Begin();
  EXPECT_TRUE(Is<Read>(leg.Say("LIST\r\n")));
  EXPECT_EQ(leg.said, "list\r\n");
  EXPECT_FALSE(leg.refused());
  EXPECT_TRUE(Is<StartTls>(leg.Say("TLS\r\n")));
  EXPECT_EQ(leg.said, "go\r\n");
}

TEST(RequiredUpgradeLeg, FindsAVerbWhereverAServerMightSeeOne) {
  for (const char* line : {"list\r\n", "LiSt\r\n", "  LIST\r\n", "\tLIST  \r\n", "LIST\vx\r\n"}) {
    Leg leg;
    leg.Begin();
    EXPECT_TRUE(Is<Read>(leg.Say(line)));
    EXPECT_EQ(leg.said, "list\r\n") << line;
  }
}

TEST(RequiredUpgradeLeg, OnlyARowWithSuchAnAnswerMindsAnArgument) {
  Leg leg;
  leg.Begin();
  EXPECT_TRUE(Is<Read>(leg.Say("TLS now\r\n")));
  EXPECT_EQ(leg.said, "no argument\r\n");
  EXPECT_FALSE(leg.refused()) << "it was not refused for want of TLS";
  EXPECT_TRUE(Is<Read>(leg.Say("LIST all\r\n")));
  EXPECT_EQ(leg.said, "list\r\n");
  EXPECT_TRUE(Is<StartTls>(leg.Say("TLS  \r\n"))) << "blanks are no argument";
}

TEST(RequiredUpgradeLeg, RefusesAllOtherVerbsForWantOfTls) {
  for (const char* line : {"USER x\r\n", "\r\n", "TLSX\r\n", "TLS1\r\n", ":TLS\r\n", "LIS\r\n"}) {
    Leg leg;
    leg.Begin();
    EXPECT_TRUE(Is<Read>(leg.Say(line)));
    EXPECT_EQ(leg.said, "tls first\r\n") << line;
    EXPECT_TRUE(leg.refused());
  }
}

TEST(RequiredUpgradeLeg, ADialectSaysWhatAVerbIsMadeOf) {
  Leg leg(TlsMode::kRequired, "ok\r\n", kLetters);
  leg.Begin();
  EXPECT_TRUE(Is<Read>(leg.Say("LIST1\r\n")));
  EXPECT_EQ(leg.said, "list\r\n") << "the digit ends the verb";
}

TEST(RequiredUpgradeLeg, QuitEndsTheSessionInOrder) {
  Leg leg;
  leg.Begin();
  const LegAct act = leg.Say("QUIT\r\n");
  ASSERT_TRUE(Is<Fail>(act));
  EXPECT_TRUE(std::get<Fail>(act).told);
  EXPECT_EQ(std::get<Fail>(act).failure.end, End::kClosed);
  EXPECT_EQ(std::get<Fail>(act).failure.blame, Blame::kNone);
  EXPECT_EQ(leg.said, "bye\r\n");
}

TEST(RequiredUpgradeLeg, TooManyCommandsEndTheSession) {
  for (const char* line : {"LIST\r\n", "USER x\r\n", "TLS x\r\n"}) {
    Leg leg;
    leg.Begin();
    for (int i = 0; i < kMaxCommands; ++i) ASSERT_TRUE(Is<Read>(leg.Say(line))) << i;
    const LegAct act = leg.Say("TLS\r\n");
    ASSERT_TRUE(Is<Fail>(act)) << line;
    EXPECT_FALSE(std::get<Fail>(act).told);
    EXPECT_EQ(std::get<Fail>(act).failure.end, End::kLimit);
    EXPECT_EQ(std::get<Fail>(act).failure.blame, Blame::kClient);
    EXPECT_EQ(leg.said, "");
  }
}

TEST(RequiredUpgradeLeg, AfterTheUpgradeTheLegIsSettled) {
  Env env{"", TlsMode::kRequired, TlsMode::kOff};
  Prologue prologue(env);
  LineUpgradeLeg leg(prologue, kSpeech);
  Out out;
  const LegAct act = leg.OnTlsUp(out);
  ASSERT_TRUE(Is<Settled>(act));
  EXPECT_FALSE(std::get<Settled>(act).keep);
  EXPECT_EQ(out.client(), "");
}

// ---- greetings that list capabilities

std::string Edited(const char* how, std::string_view greeting) { return std::string(how) + std::string(greeting); }

constexpr GreetingEdits kEdits = {
    .binds_channels = [](std::string_view greeting) { return greeting.find("-PLUS") != std::string_view::npos; },
    .without_starttls = [](std::string_view greeting) { return Edited("without ", greeting); },
    .with_starttls = [](std::string_view greeting) { return Edited("with ", greeting); },
    .before_required = [](std::string_view greeting) { return Edited("required ", greeting); },
};

class CapabilityLeg final : public CapabilityGreetingLeg {
 public:
  explicit CapabilityLeg(Prologue& prologue) : CapabilityGreetingLeg(prologue, kEdits) {}

  Frame Cut(std::string_view in, Scan& /*scan*/) override { return Frame::Whole(in.size()); }

 private:
  bool Serves(std::string_view /*greeting*/) const override { return true; }
  BeforeTls Judge(std::string_view /*unit*/) override { return {}; }
};

/// What such a leg says first, and what it warns of.
Out Greet(TlsMode client, bool server_tls, const std::string& greeting) {
  const Env env{"", client, TlsMode::kOpportunistic};
  Prologue prologue(env);
  prologue.server_tls = server_tls;
  prologue.greeting = greeting;
  CapabilityLeg leg(prologue);
  Out out;
  EXPECT_EQ(Is<Settled>(leg.Begin(out)), client != TlsMode::kRequired) << ToString(client);
  return out;
}

TEST(CapabilityGreetingLeg, ListsStarttlsByTheClientsMode) {
  EXPECT_EQ(Greet(TlsMode::kOff, false, "caps").client(), "without caps");
  EXPECT_EQ(Greet(TlsMode::kOpportunistic, false, "caps").client(), "with caps");
  EXPECT_EQ(Greet(TlsMode::kRequired, false, "caps").client(), "required caps");
  EXPECT_EQ(Greet(TlsMode::kImplicit, false, "caps").client(), "without caps");
}

TEST(CapabilityGreetingLeg, WarnsOfChannelBindingWhereALegHasTls) {
  for (const bool server_tls : {false, true}) {
    for (const TlsMode client : {TlsMode::kOff, TlsMode::kOpportunistic, TlsMode::kRequired, TlsMode::kImplicit}) {
      const bool breaks = server_tls || client != TlsMode::kOff;
      EXPECT_EQ(Greet(client, server_tls, "SCRAM-PLUS").notes.size(), breaks ? 1U : 0U) << ToString(client);
      EXPECT_TRUE(Greet(client, server_tls, "PLAIN").notes.empty());
    }
  }
}

TEST(CapabilityGreetingLeg, GreetsAgainAfterTheUpgrade) {
  const Env env{"", TlsMode::kRequired, TlsMode::kOff};
  Prologue prologue(env);
  prologue.greeting = "caps";
  CapabilityLeg leg(prologue);
  Out out;
  EXPECT_TRUE(Is<Settled>(leg.OnTlsUp(out)));
  EXPECT_EQ(out.client(), "without caps");
}

}  // namespace
}  // namespace starlock::protocol
