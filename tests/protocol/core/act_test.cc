#include "protocol/core/act.h"

#include <gtest/gtest.h>

#include <vector>

#include "support/act_kind.h"

namespace starlock::protocol {
namespace {

using test::ActKind;
using test::KindOf;

TEST(Act, KeepingARead_IsAWait) {
  EXPECT_EQ(KindOf(Keeping(Read{})), ActKind::kWait);
  EXPECT_EQ(KindOf(Keeping(Wait{})), ActKind::kWait);
}

TEST(Act, KeepingChangesNothingElse) {
  const Act upgrade = Keeping(Upgrade{Side::kServer});
  ASSERT_EQ(KindOf(upgrade), ActKind::kTlsServer);
  EXPECT_TRUE(std::get<Upgrade>(upgrade).keep);

  const Act dial = Keeping(Dial{.next = true});
  ASSERT_EQ(KindOf(dial), ActKind::kDialNext);
  EXPECT_TRUE(std::get<Dial>(dial).keep);

  const Act relay = Keeping(Relay{});
  ASSERT_EQ(KindOf(relay), ActKind::kRelay);
  EXPECT_TRUE(std::get<Relay>(relay).keep);

  const Act fail = Keeping(Fail::Told(End::kLimit, Blame::kClient, "why"));
  ASSERT_EQ(KindOf(fail), ActKind::kFail);
  EXPECT_TRUE(std::get<Fail>(fail).told);
  EXPECT_EQ(std::get<Fail>(fail).failure.end, End::kLimit);
}

TEST(Act, TellsWhetherItKeepsItsUnit) {
  const std::vector<Act> use = {Read{}, Upgrade{Side::kClient}, Dial{}, Dial{.next = true}, Relay{}, Fail{}};
  for (const Act& act : use) EXPECT_FALSE(Keeps(act)) << act.index();
  const std::vector<Act> keep = {Wait{}, Upgrade{.keep = true}, Dial{.keep = true}, Relay{.keep = true}};
  for (const Act& act : keep) EXPECT_TRUE(Keeps(act)) << act.index();
}

TEST(Act, AFailThatWasToldSaysSo) {
  const Fail fail = Fail::Told(End::kClosed, Blame::kNone, "the client quit");
  EXPECT_TRUE(fail.told);
  EXPECT_EQ(fail.failure.end, End::kClosed);
  EXPECT_EQ(fail.failure.blame, Blame::kNone);
  EXPECT_STREQ(fail.failure.why, "the client quit");
  EXPECT_FALSE(Fail{}.told);
}

TEST(NoTls, IsAFailureOfTheServers) {
  for (const End end : {End::kStarttlsNotOffered, End::kStarttlsRefused}) {
    for (const bool possible : {false, true}) {
      const Fail fail = NoTls{end, possible}.AsFail();
      EXPECT_FALSE(fail.told);
      EXPECT_EQ(fail.failure.end, end);
      EXPECT_EQ(fail.failure.blame, Blame::kServer);
    }
  }
  EXPECT_STREQ(NoTls{}.AsFail().failure.why, "the server does not offer the upgrade to TLS");
  EXPECT_STREQ((NoTls{End::kStarttlsRefused}.AsFail().failure.why), "the server refused the upgrade to TLS");
}

TEST(Failure, ReasonHasTheDetailWhereThereIsOne) {
  EXPECT_EQ((Failure{End::kReset, Blame::kServer, "reset"}.Reason()), "reset");
  EXPECT_EQ((Failure{End::kReset, Blame::kServer, "reset", "ECONNRESET"}.Reason()), "reset: ECONNRESET");
}

TEST(Side, HasAnOtherSideAndABlame) {
  EXPECT_EQ(Other(Side::kClient), Side::kServer);
  EXPECT_EQ(Other(Side::kServer), Side::kClient);
  EXPECT_EQ(BlameOf(Side::kClient), Blame::kClient);
  EXPECT_EQ(BlameOf(Side::kServer), Blame::kServer);
  EXPECT_NE(Index(Side::kClient), Index(Side::kServer));
}

}  // namespace
}  // namespace starlock::protocol
