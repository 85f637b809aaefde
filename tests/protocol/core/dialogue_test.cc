// What Dialogue and Paired promise for every dialect, shown with toys of one character a unit.

#include "protocol/core/dialogue.h"

#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "protocol/core/paired.h"
#include "protocol/dialects.h"
#include "smtp/scenes.h"

namespace starlock::test {
namespace {

using protocol::Env;
using protocol::Failure;
using protocol::Frame;
using protocol::Out;

/// A dialogue of single characters, whose answers a test gives.
class Toy final : public protocol::Dialogue {
 public:
  using Answer = std::function<protocol::Act(Toy& toy, Side side, char unit, Out& out)>;

  Toy(TlsMode client, TlsMode server, Answer answer) : Dialogue({"", client, server}), answer_(std::move(answer)) {}

  using Dialogue::ReachMeetingPoint;
  std::string seen;

 private:
  Frame Cut(Side, std::string_view, protocol::Scan&) override { return Frame::Whole(1); }
  protocol::Act On(Side side, std::string_view unit, Out& out) override {
    seen += unit;
    return answer_(*this, side, unit.front(), out);
  }
  protocol::Act On(Event event, Side, Out&) override {
    return event == Event::kStart ? protocol::Act(protocol::Dial{}) : protocol::Read{};
  }
  std::string Goodbye(const Failure&) const override { return "bye"; }

  Answer answer_;
};

struct Made {
  Toy* toy;
  DialogueDriver driver;
};

Made Make(TlsMode client, TlsMode server, Toy::Answer answer) {
  auto toy = std::make_unique<Toy>(client, server, std::move(answer));
  Toy* seen = toy.get();
  return {seen, DialogueDriver(std::move(toy))};
}

TEST(Dialogue, TheUnitThatLeadsToTlsIsTheLastThatIsRead) {
  Made made = Make(kOpp, kOff, [](Toy&, Side, char unit, Out& out) {
    if (unit != 's') return protocol::Act(protocol::Read{});
    out.client() += "go";
    return protocol::Act(protocol::Upgrade{Side::kClient});
  });
  made.driver.Open();
  made.driver.Arrive(Side::kClient, "asbs");
  EXPECT_EQ(made.toy->seen, "as");
  EXPECT_EQ(made.driver.to_tls(Side::kClient), "bs");
  EXPECT_EQ(made.driver.said(Side::kClient), "go");
  made.driver.Arrive(Side::kServer, "x");
  EXPECT_EQ(made.toy->seen, "as") << "nobody is heard in mid-handshake";
  made.driver.Succeed();
  EXPECT_EQ(made.toy->seen, "asx");
}

TEST(Dialogue, TheClientIsNotHeardDuringTheServersHandshake) {
  Made made = Make(kOff, kOpp, [](Toy&, Side, char unit, Out&) {
    return unit == 'g' ? protocol::Act(protocol::Upgrade{Side::kServer}) : protocol::Read{};
  });
  made.driver.Open();
  made.driver.Arrive(Side::kServer, "g");
  made.driver.Arrive(Side::kClient, "c");
  EXPECT_EQ(made.toy->seen, "g");
  made.driver.Succeed();
  EXPECT_EQ(made.toy->seen, "gc");
}

TEST(Dialogue, NothingMayLieBehindTheGoAhead) {
  Made made = Make(kOff, kReq, [](Toy&, Side, char, Out& out) {
    out.client() += "leak";
    return protocol::Act(protocol::Upgrade{Side::kServer});
  });
  made.driver.Open();
  made.driver.Arrive(Side::kServer, "gx");
  EXPECT_EQ(made.driver.act(), ActKind::kFail);
  EXPECT_EQ(made.driver.failure().end, End::kPlaintextAfterStarttls);
  EXPECT_EQ(made.driver.said(Side::kClient), "bye");
}

TEST(Dialogue, NothingMayLieThereWhenWeSpeak) {
  // Whoever's unit made us speak.
  for (const Side speaker : {Side::kServer, Side::kClient}) {
    Made made = Make(kOff, kReq, [speaker](Toy&, Side side, char, Out& out) {
      if (side == Side::kServer && speaker == Side::kClient) return protocol::Act(protocol::Wait{});
      out.server() += "q";
      return protocol::Act(protocol::Read{});
    });
    made.driver.Open();
    made.driver.Arrive(Side::kServer, speaker == Side::kServer ? "ab" : "a");
    if (speaker == Side::kClient) made.driver.Arrive(Side::kClient, "c");
    EXPECT_EQ(made.driver.act(), ActKind::kFail);
    EXPECT_EQ(made.driver.failure().end, End::kProtocolError);
    EXPECT_EQ(made.driver.failure().blame, Blame::kServer);
    EXPECT_EQ(made.driver.said(Side::kServer), "");
  }
}

TEST(Dialogue, UnitsThatAskNothingMayComeTogether) {
  Made made = Make(kOff, kReq, [](Toy&, Side, char unit, Out& out) {
    if (unit == 'z') out.server() += "q";
    return protocol::Act(protocol::Read{});
  });
  made.driver.Open();
  made.driver.Arrive(Side::kServer, "abcz");
  EXPECT_EQ(made.driver.act(), ActKind::kRead);
  EXPECT_EQ(made.driver.said(Side::kServer), "q");
}

TEST(Dialogue, NothingMayLieAtTheMeetingPointOnceWeHaveSpoken) {
  for (const bool spoken : {false, true}) {
    Made made = Make(kOff, kOpp, [](Toy& toy, Side side, char unit, Out& out) {
      if (unit == 'g') out.server() += "q";
      if (unit == 'm') toy.ReachMeetingPoint(side);
      return protocol::Act(protocol::Read{});
    });
    made.driver.Open();
    if (spoken) made.driver.Arrive(Side::kServer, "g");
    made.driver.Arrive(Side::kServer, "mx");
    EXPECT_EQ(made.driver.act(), spoken ? ActKind::kFail : ActKind::kRead);
    EXPECT_EQ(made.toy->seen, spoken ? "gm" : "mx");
  }
}

// XMPP dials again after an upgrade: the new connection has no TLS yet, and is guarded like the first.
TEST(Dialogue, AnotherConnectionIsGuardedAnew) {
  Made made = Make(kOff, kReq, [](Toy& toy, Side side, char unit, Out& out) {
    if (unit == 'g') return protocol::Act(protocol::Upgrade{Side::kServer});
    if (unit == 'm') toy.ReachMeetingPoint(side);
    if (unit == 'd') return protocol::Act(protocol::Dial{});
    if (unit == 'q') out.server() += "q";
    return protocol::Act(protocol::Read{});
  });
  made.driver.Open();
  made.driver.Arrive(Side::kServer, "g");
  made.driver.Succeed();
  made.driver.Arrive(Side::kServer, "md");
  made.driver.Succeed();
  EXPECT_FALSE(made.driver.dialogue().negotiated());
  made.driver.Arrive(Side::kServer, "qx");
  EXPECT_EQ(made.driver.act(), ActKind::kFail);
}

TEST(Dialogue, BeyondTheMeetingPointAServerMaySpeakAsItLikes) {
  Made made = Make(kOff, kOff, [](Toy& toy, Side side, char, Out& out) {
    if (side == Side::kServer) toy.ReachMeetingPoint(side);
    out.server() += "q";
    return protocol::Act(protocol::Read{});
  });
  made.driver.Open();
  made.driver.Arrive(Side::kServer, "m");
  made.driver.Arrive(Side::kServer, "ab");
  EXPECT_EQ(made.driver.act(), ActKind::kRead);
}

TEST(Dialogue, AKeptUnitIsLookedAtAgainWhenTheOtherSideHasMoved) {
  bool open = false;
  Made made = Make(kOff, kOff, [&open](Toy&, Side side, char, Out&) {
    if (side == Side::kServer) open = true;
    return open ? protocol::Act(protocol::Read{}) : protocol::Act(protocol::Wait{});
  });
  made.driver.Open();
  made.driver.Arrive(Side::kClient, "ab");
  EXPECT_EQ(made.driver.unused(Side::kClient), "ab");
  made.driver.Arrive(Side::kServer, "x");
  EXPECT_EQ(made.driver.unused(Side::kClient), "");
  EXPECT_EQ(made.toy->seen.substr(made.toy->seen.size() - 3), "xab");
}

TEST(Dialogue, AKeptUnitIsTheRelaysToPassOn) {
  Made made = Make(kOff, kOff, [](Toy&, Side, char unit, Out&) {
    return unit == 'r' ? protocol::Act(protocol::Relay{.keep = true}) : protocol::Read{};
  });
  made.driver.Open();
  made.driver.Arrive(Side::kClient, "arb");
  EXPECT_EQ(made.driver.act(), ActKind::kRelay);
  EXPECT_EQ(made.driver.said(Side::kServer), "rb");
}

TEST(Dialogue, SaysNoGoodbyeWhereItCouldNotBeRead) {
  const auto relay = [](Toy&, Side, char unit, Out&) {
    return unit == 'r' ? protocol::Act(protocol::Relay{}) : protocol::Act(protocol::Upgrade{Side::kClient});
  };
  const Failure drained{End::kDrained, Blame::kNone, ""};
  Made plain = Make(kOff, kOff, relay);
  plain.driver.Open();
  plain.driver.Abandon(drained);
  EXPECT_EQ(plain.driver.said(Side::kClient), "bye");
  plain.driver.Abandon(drained);
  EXPECT_EQ(plain.driver.said(Side::kClient), "bye") << "only once";

  Made before = Make(kOff, kOff, relay);
  before.driver.Abandon(drained);
  EXPECT_EQ(before.driver.said(Side::kClient), "bye") << "a client that is not served at all is told so";

  Made relayed = Make(kOff, kOff, relay);
  relayed.driver.Open();
  relayed.driver.Arrive(Side::kClient, "r");
  relayed.driver.Abandon(drained);
  EXPECT_EQ(relayed.driver.said(Side::kClient), "");

  Made handshaking = Make(kOpp, kOff, relay);
  handshaking.driver.Open();
  handshaking.driver.Arrive(Side::kClient, "t");
  handshaking.driver.Abandon(drained);
  EXPECT_EQ(handshaking.driver.said(Side::kClient), "");

  for (const bool start : {false, true}) {
    Made implicit = Make(kImp, kOff, relay);
    if (start) implicit.driver.Start();
    implicit.driver.Abandon(drained);
    EXPECT_EQ(implicit.driver.said(Side::kClient), "") << "not before TLS";
  }
  Made inside = Make(kImp, kOff, relay);
  inside.driver.Open();
  inside.driver.Abandon(drained);
  EXPECT_EQ(inside.driver.said(Side::kClient), "bye");
}

TEST(Dialogue, SaysWhomItWaitsFor) {
  Made made = Make(kImp, kImp, [](Toy& toy, Side side, char, Out&) {
    toy.ReachMeetingPoint(side);
    return protocol::Act(protocol::Read{});
  });
  EXPECT_EQ(made.driver.dialogue().waiting_for(), Blame::kClient);
  made.driver.Start();
  EXPECT_EQ(made.driver.act(), ActKind::kTlsClient);
  EXPECT_EQ(made.driver.dialogue().waiting_for(), Blame::kClient);
  made.driver.Succeed();
  EXPECT_EQ(made.driver.act(), ActKind::kDial);
  EXPECT_EQ(made.driver.dialogue().waiting_for(), Blame::kServer) << "it is being dialled";
  made.driver.Succeed();
  EXPECT_EQ(made.driver.act(), ActKind::kTlsServer);
  EXPECT_EQ(made.driver.dialogue().waiting_for(), Blame::kServer);
  made.driver.Succeed();
  EXPECT_EQ(made.driver.dialogue().waiting_for(), Blame::kServer);
  EXPECT_FALSE(made.driver.dialogue().negotiated());
  made.driver.Arrive(Side::kServer, "m");
  EXPECT_EQ(made.driver.dialogue().waiting_for(), Blame::kClient);
  made.driver.Arrive(Side::kClient, "m");
  EXPECT_TRUE(made.driver.dialogue().negotiated());
}

// A dialect that forgets that TLS is required does not get away with it.
TEST(Paired, ARequiredServerLegNeverSettlesInPlaintext) {
  protocol::Parts parts;
  parts.server_leg = [](protocol::Prologue&) { return protocol::SettledNegotiator(); };
  parts.client_leg = [](protocol::Prologue&) { return protocol::SettledNegotiator(); };
  parts.goodbye = [](const Env&, const Failure&) { return std::string("bye"); };
  DialogueDriver driver(std::make_unique<protocol::Paired>(Env{"", kOff, kReq}, std::move(parts)));
  driver.Open();
  EXPECT_EQ(driver.act(), ActKind::kFail);
  EXPECT_EQ(driver.failure().end, End::kInternal);
}

TEST(Tcp, RelaysAtOnceAndSaysNothing) {
  for (const TlsMode client : {kOff, kImp}) {
    for (const TlsMode server : {kOff, kImp}) {
      DialogueDriver driver = Stage({"tcp", client, server});
      driver.Start();
      if (client == kImp) {
        EXPECT_EQ(driver.act(), ActKind::kTlsClient);
        driver.Succeed();
      }
      EXPECT_EQ(driver.act(), ActKind::kDial);
      driver.Arrive(Side::kClient, "eager");
      driver.Succeed();
      if (server == kImp) {
        EXPECT_EQ(driver.act(), ActKind::kTlsServer);
        driver.Succeed();
      }
      EXPECT_EQ(driver.act(), ActKind::kRelay);
      EXPECT_EQ(driver.said(Side::kClient), "");
      EXPECT_EQ(driver.said(Side::kServer), "eager");
      DialogueDriver gone = Stage({"tcp", client, server});
      gone.Open();
      gone.Abandon({End::kDrained, Blame::kNone, ""});
      EXPECT_EQ(gone.said(Side::kClient), "");
    }
  }
}

// A stated number of bytes: whatever the peers send in one go, what is said at once has a bound.
TEST(Smtp, WhatIsSaidAtOnceIsBounded) {
  constexpr size_t kInput = size_t{64} * 1024;
  for (const TlsMode client : {kOff, kOpp, kReq, kImp}) {
    for (const std::string_view line : {"\r\n", "EHLO\r\n", "NOOP\r\n", "STARTTLS x\r\n", "MAIL\r\n", "XCLIENT\r\n"}) {
      DialogueDriver driver = PlayOnce({"smtp", client, kOff}, "");
      driver.Arrive(Side::kServer, "220 " + std::string(16000, 'x') + "\r\n");
      const size_t greeting = driver.said(Side::kClient).size();
      std::string flood;
      while (flood.size() < kInput) flood += line;
      std::string answers;
      while (answers.size() < kInput) answers += "250\r\n";
      driver.Arrive(Side::kClient, flood);
      EXPECT_LE(driver.said(Side::kClient).size() - greeting, kInput);
      EXPECT_LE(driver.said(Side::kServer).size(), flood.size());
      driver.Arrive(Side::kServer, answers);
      EXPECT_LE(driver.said(Side::kClient).size() - greeting, 5 * kInput);
      EXPECT_LE(driver.said(Side::kServer).size(), flood.size());
    }
  }
}

}  // namespace
}  // namespace starlock::test
