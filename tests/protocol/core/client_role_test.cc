// A session's server leg and a prober, driven through each stage by a toy dialect whose replies name their meaning.

#include "protocol/core/client_role.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "protocol/core/limits.h"

namespace starlock::protocol {
namespace {

using Meaning = ClientRole::Meaning;
using Stage = ClientRole::Stage;

constexpr Stage kStages[] = {Stage::kGreeting, Stage::kCapabilities, Stage::kGoAhead, Stage::kInside};
constexpr Meaning kMeanings[] = {Meaning::kYes,  Meaning::kNo,     Meaning::kLeaving,
                                 Meaning::kSkip, Meaning::kRefers, Meaning::kViolation};

constexpr const char* WordOf(Meaning meaning) {
  switch (meaning) {
    case Meaning::kYes:
      return "yes";
    case Meaning::kNo:
      return "no";
    case Meaning::kLeaving:
      return "leaving";
    case Meaning::kSkip:
      return "skip";
    case Meaning::kRefers:
      return "refers";
    case Meaning::kViolation:
      break;
  }
  return "violation";
}

/// How a toy's servers differ.
struct Traits {
  bool lists_in_greeting = false;
  bool greets_inside = false;
};

class ToyRole final : public ClientRole {
 public:
  explicit ToyRole(Traits traits) : traits_(traits) {}

  Frame Cut(Stage, std::string_view in, Scan&) override { return Frame::Whole(in.size()); }
  Meaning Understand(Stage stage, std::string_view unit) override {
    if (stage == Stage::kCapabilities) introduced_ = true;
    for (const Meaning meaning : kMeanings) {
      if (unit == WordOf(meaning)) return meaning;
    }
    ADD_FAILURE() << unit;
    return Meaning::kViolation;
  }
  std::string Ask(Stage stage) override {
    if (traits_.lists_in_greeting && stage != Stage::kGoAhead) return "";
    return stage == Stage::kGoAhead ? "STARTTLS" : stage == Stage::kInside ? "LIST INSIDE" : "LIST";
  }
  std::string Quit() override { return "QUIT"; }
  std::optional<Findings::Capabilities> List(Stage stage, std::string_view unit) override {
    return Findings::Capabilities{stage == Stage::kInside ? "inside" : "before", std::string(unit)};
  }
  bool IsGreeting(std::string_view unit) const override { return unit != "junk"; }
  bool GreetsInside() const override { return traits_.greets_inside; }
  bool introduced() const override { return introduced_; }

 private:
  const Traits traits_;
  bool introduced_ = false;
};

/// A negotiator, and what it said last.
class Driven {
 public:
  LegAct Hear(std::string_view unit) {
    Out out;
    LegAct act = leg_->On(unit, out);
    said = out.server();
    EXPECT_EQ(out.client(), "") << "the client hears nothing of it";
    return act;
  }
  LegAct Hear(Meaning meaning) { return Hear(WordOf(meaning)); }

  LegAct TlsUp() {
    Out out;
    LegAct act = leg_->OnTlsUp(out);
    said = out.server();
    return act;
  }

  /// Goes on to where `stage` is awaited.
  void Reach(Stage stage) {
    Out out;
    EXPECT_TRUE(Is<Read>(leg_->Begin(out)));
    EXPECT_EQ(out.server(), "") << "the server greets first";
    if (stage == Stage::kGreeting) return;
    EXPECT_TRUE(Is<Read>(Hear("yes")));
    EXPECT_EQ(said, "LIST");
    if (stage == Stage::kCapabilities) return;
    EXPECT_TRUE(Is<Read>(Hear("yes")));
    EXPECT_EQ(said, "STARTTLS");
    if (stage == Stage::kGoAhead) return;
    EXPECT_TRUE(Is<StartTls>(Hear("yes")));
    EXPECT_EQ(said, "");
    EXPECT_TRUE(Is<Read>(TlsUp()));
  }

  std::string said;

 protected:
  std::unique_ptr<Negotiator> leg_;
};

class SessionLeg final : public Driven {
 public:
  explicit SessionLeg(TlsMode server = TlsMode::kOpportunistic, Traits traits = {})
      : env_{"", TlsMode::kOff, server}, prologue(env_) {
    leg_ = MakeServerLeg(prologue, std::make_unique<ToyRole>(traits));
  }

 private:
  Env env_;

 public:
  Prologue prologue;
};

class ProbeLeg final : public Driven {
 public:
  explicit ProbeLeg(Traits traits = {}) { leg_ = MakeProber(findings, std::make_unique<ToyRole>(traits)); }

  Findings findings;
};

void ExpectFail(const LegAct& act, End end) {
  ASSERT_TRUE(Is<Fail>(act)) << act.index();
  EXPECT_EQ(std::get<Fail>(act).failure.end, end);
  EXPECT_EQ(std::get<Fail>(act).failure.blame, Blame::kServer);
  EXPECT_FALSE(std::get<Fail>(act).told);
}

void ExpectNoTls(const LegAct& act, End end, bool possible) {
  ASSERT_TRUE(Is<NoTls>(act)) << act.index();
  EXPECT_EQ(std::get<NoTls>(act).end, end);
  EXPECT_EQ(std::get<NoTls>(act).possible, possible);
}

// ---- a session's server leg

TEST(ServerLeg, OnAYesTheNextStageIsAskedFor) {
  SessionLeg leg;
  leg.Reach(Stage::kGoAhead);
  EXPECT_TRUE(Is<StartTls>(leg.Hear("yes")));
  EXPECT_TRUE(Is<Settled>(leg.TlsUp()));
  EXPECT_EQ(leg.prologue.greeting, "yes");
}

TEST(ServerLeg, ANoLeavesTheLegInPlaintextWhereTheServerStays) {
  for (const Stage stage : {Stage::kGreeting, Stage::kCapabilities, Stage::kGoAhead}) {
    for (const Meaning meaning : {Meaning::kNo, Meaning::kLeaving}) {
      SessionLeg leg;
      leg.Reach(stage);
      const End end = stage == Stage::kGoAhead ? End::kStarttlsRefused : End::kStarttlsNotOffered;
      ExpectNoTls(leg.Hear(meaning), end, /*possible=*/meaning == Meaning::kNo);
      EXPECT_EQ(leg.said, "");
    }
  }
}

TEST(ServerLeg, AReferralOrAnAnswerToNothingFails) {
  for (const Stage stage : {Stage::kGreeting, Stage::kCapabilities, Stage::kGoAhead}) {
    SessionLeg referred;
    referred.Reach(stage);
    ExpectFail(referred.Hear(Meaning::kRefers), End::kStarttlsRefused);
    SessionLeg violated;
    violated.Reach(stage);
    ExpectFail(violated.Hear(Meaning::kViolation), End::kProtocolError);
  }
}

TEST(ServerLeg, SkipsWhatIsNotTheAnswerUpToALimit) {
  for (const Stage stage : {Stage::kGreeting, Stage::kCapabilities, Stage::kGoAhead}) {
    SessionLeg leg;
    leg.Reach(stage);
    for (int i = 0; i < kMaxSkipped; ++i) {
      ASSERT_TRUE(Is<Read>(leg.Hear(Meaning::kSkip)));
      ASSERT_EQ(leg.said, "");
    }
    ExpectFail(leg.Hear(Meaning::kSkip), End::kLimit);
  }
}

TEST(ServerLeg, SkippedUnitsCountInAllStagesTogether) {
  SessionLeg leg;
  leg.Reach(Stage::kCapabilities);
  for (int i = 0; i < kMaxSkipped; ++i) ASSERT_TRUE(Is<Read>(leg.Hear(Meaning::kSkip)));
  ASSERT_TRUE(Is<Read>(leg.Hear(Meaning::kYes)));
  ExpectFail(leg.Hear(Meaning::kSkip), End::kLimit);
}

TEST(ServerLeg, WithoutAnUpgradeTheGreetingIsAllItReads) {
  for (const TlsMode mode : {TlsMode::kOff, TlsMode::kImplicit}) {
    for (const Meaning meaning : kMeanings) {
      SessionLeg leg(mode);
      leg.Reach(Stage::kGreeting);
      EXPECT_TRUE(Is<Settled>(leg.Hear(meaning))) << WordOf(meaning);
      EXPECT_EQ(leg.said, "");
      EXPECT_EQ(leg.prologue.greeting, WordOf(meaning));
    }
    SessionLeg leg(mode);
    leg.Reach(Stage::kGreeting);
    ExpectFail(leg.Hear("junk"), End::kProtocolError);
  }
}

TEST(ServerLeg, AGreetingOfAnotherProtocolFails) {
  SessionLeg leg;
  leg.Reach(Stage::kGreeting);
  ExpectFail(leg.Hear("junk"), End::kProtocolError);
  EXPECT_EQ(leg.prologue.greeting, "");
}

TEST(ServerLeg, AGreetingMayListTheCapabilities) {
  SessionLeg leg(TlsMode::kRequired, {.lists_in_greeting = true});
  leg.Reach(Stage::kGreeting);
  EXPECT_TRUE(Is<Read>(leg.Hear("yes")));
  EXPECT_EQ(leg.said, "STARTTLS");
  EXPECT_TRUE(Is<StartTls>(leg.Hear("yes")));
}

TEST(ServerLeg, TheIntroductionIsRememberedUntilTls) {
  SessionLeg plain;
  plain.Reach(Stage::kCapabilities);
  EXPECT_FALSE(plain.prologue.introduced);
  plain.Hear(Meaning::kNo);
  EXPECT_TRUE(plain.prologue.introduced);

  SessionLeg upgraded;
  upgraded.Reach(Stage::kGoAhead);
  EXPECT_TRUE(upgraded.prologue.introduced);
  upgraded.Hear("yes");
  upgraded.TlsUp();
  EXPECT_FALSE(upgraded.prologue.introduced);
}

TEST(ServerLeg, WhereTheServerGreetsInsideTlsOnlyThatGreetingCounts) {
  SessionLeg leg(TlsMode::kRequired, {.greets_inside = true});
  leg.Reach(Stage::kInside);
  EXPECT_EQ(leg.said, "");
  EXPECT_EQ(leg.prologue.greeting, "yes");
  EXPECT_TRUE(Is<Settled>(leg.Hear("hello again")));
  EXPECT_EQ(leg.prologue.greeting, "hello again");
}

// ---- a prober

TEST(Prober, GoesThroughEveryStageAndSaysGoodbye) {
  ProbeLeg leg;
  leg.Reach(Stage::kInside);
  EXPECT_EQ(leg.said, "LIST INSIDE");
  EXPECT_TRUE(Is<Settled>(leg.Hear("yes")));
  EXPECT_EQ(leg.said, "QUIT");
  EXPECT_EQ(leg.findings.greeting, "yes");
  EXPECT_EQ(leg.findings.before, (Findings::Capabilities{"before", "yes"}));
  EXPECT_EQ(leg.findings.offers_upgrade, true);
  EXPECT_EQ(leg.findings.inside, (Findings::Capabilities{"inside", "yes"}));
}

TEST(Prober, WithoutTheUpgradeItSaysGoodbyeAndFails) {
  for (const Stage stage : {Stage::kGreeting, Stage::kCapabilities, Stage::kGoAhead}) {
    for (const Meaning meaning : {Meaning::kNo, Meaning::kLeaving}) {
      ProbeLeg leg;
      leg.Reach(stage);
      ExpectFail(leg.Hear(meaning), stage == Stage::kGoAhead ? End::kStarttlsRefused : End::kStarttlsNotOffered);
      EXPECT_EQ(leg.said, "QUIT");
      EXPECT_EQ(leg.findings.before.has_value(), stage != Stage::kGreeting);
      EXPECT_FALSE(leg.findings.inside);
      if (stage == Stage::kCapabilities) {
        EXPECT_EQ(leg.findings.offers_upgrade, false);
      }
    }
  }
}

TEST(Prober, AReferralOrAnAnswerToNothingFailsInEveryStage) {
  for (const Stage stage : kStages) {
    ProbeLeg referred;
    referred.Reach(stage);
    ExpectFail(referred.Hear(Meaning::kRefers), End::kStarttlsRefused);
    EXPECT_EQ(referred.said, "QUIT");
    ProbeLeg violated;
    violated.Reach(stage);
    ExpectFail(violated.Hear(Meaning::kViolation), End::kProtocolError);
    EXPECT_EQ(violated.said, "QUIT");
  }
}

TEST(Prober, SkipsWhatIsNotTheAnswerUpToALimitInEachStage) {
  for (const Stage stage : kStages) {
    ProbeLeg leg;
    leg.Reach(stage);
    for (int i = 0; i < kMaxSkipped; ++i) ASSERT_TRUE(Is<Read>(leg.Hear(Meaning::kSkip)));
    ExpectFail(leg.Hear(Meaning::kSkip), End::kLimit);
    EXPECT_EQ(leg.said, "QUIT");
  }
  ProbeLeg leg;
  leg.Reach(Stage::kCapabilities);
  for (int stage = 0; stage < 3; ++stage) {  // each stage counts anew
    for (int i = 0; i < kMaxSkipped; ++i) ASSERT_TRUE(Is<Read>(leg.Hear(Meaning::kSkip))) << stage;
    if (stage == 2) break;
    leg.Hear("yes");
    if (stage == 1) leg.TlsUp();
  }
}

TEST(Prober, InsideTlsEveryOtherAnswerIsWhatThereIsToKnow) {
  for (const Meaning meaning : {Meaning::kNo, Meaning::kLeaving}) {
    ProbeLeg leg;
    leg.Reach(Stage::kInside);
    EXPECT_TRUE(Is<Settled>(leg.Hear(meaning)));
    EXPECT_EQ(leg.said, "QUIT");
    EXPECT_EQ(leg.findings.inside, (Findings::Capabilities{"inside", WordOf(meaning)}));
  }
}

TEST(Prober, AGreetingMayListTheCapabilities) {
  ProbeLeg leg({.lists_in_greeting = true, .greets_inside = true});
  leg.Reach(Stage::kGreeting);
  EXPECT_TRUE(Is<Read>(leg.Hear("yes")));
  EXPECT_EQ(leg.said, "STARTTLS");
  EXPECT_EQ(leg.findings.before, (Findings::Capabilities{"before", "yes"}));
  EXPECT_TRUE(Is<StartTls>(leg.Hear("yes")));
  EXPECT_TRUE(Is<Read>(leg.TlsUp()));
  EXPECT_EQ(leg.said, "") << "they come unasked";
  EXPECT_TRUE(Is<Settled>(leg.Hear("yes")));
  EXPECT_EQ(leg.said, "QUIT");
}

TEST(Prober, AGreetingOfAnotherProtocolFails) {
  ProbeLeg leg;
  leg.Reach(Stage::kGreeting);
  ExpectFail(leg.Hear("junk"), End::kProtocolError);
  EXPECT_EQ(leg.said, "QUIT");
  EXPECT_FALSE(leg.findings.greeting);
}

}  // namespace
}  // namespace starlock::protocol
