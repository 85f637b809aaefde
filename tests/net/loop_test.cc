#include "net/loop.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

#include "harness.h"
#include "net/loop_impl.h"

namespace starlock::net {
namespace {

using std::chrono::milliseconds;

TEST(LoopTest, StopEndsTheRun) {
  Loop loop;
  loop.Defer([&] { loop.Stop(); });
  loop.Run();
  loop.Post([&] { loop.Stop(); });
  loop.Run();
}

TEST(LoopTest, ADeferredTaskRunsAfterTheCallThatDeferredIt) {
  Loop loop;
  std::string order;
  Timer timer(loop, [&] {
    loop.Defer([&] { order += "deferred "; });
    order += "timer ";
  });
  timer.Start(milliseconds(0));
  RUN_UNTIL(loop, order == "timer deferred ");
}

TEST(LoopTest, DeferringIsPromptFromEverywhere) {
  // Nothing else wakes the loop, so this would hang if the loop slept.
  Loop loop;
  int turns = 0;
  const std::function<void()> again = [&] {
    if (++turns == 1000) {
      loop.Stop();
    } else {
      loop.Defer(again);
    }
  };
  Timer timer(loop, again);
  timer.Start(milliseconds(1));
  loop.Run();
  EXPECT_EQ(turns, 1000);
}

TEST(LoopTest, ATaskThatDefersForEverDoesNotStarveTimers) {
  Loop loop;
  const std::function<void()> again = [&] { loop.Defer(again); };
  loop.Defer(again);
  Timer timer(loop, [&] { loop.Stop(); });
  timer.Start(milliseconds(5));
  loop.Run();
}

TEST(LoopTest, AnIdleLoopSleeps) {
  Loop loop;
  loop.Defer([] {});
  Timer timer(loop, [&] { loop.Stop(); });
  timer.Start(milliseconds(200));
  timespec before{};
  timespec after{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
  loop.Run();
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
  const auto used = (after.tv_sec - before.tv_sec) * 1'000'000'000 + (after.tv_nsec - before.tv_nsec);
  EXPECT_LT(used, 100'000'000);
}

struct Notes : Disposable {
  explicit Notes(std::function<void()> when_destroyed) : on_destroyed(std::move(when_destroyed)) {}
  ~Notes() override { on_destroyed(); }
  std::function<void()> on_destroyed;
};

TEST(LoopTest, DisposesAtTheEndOfTheTurnAfterItsTasks) {
  Loop loop;
  std::string order;
  Timer timer(loop, [&] {
    loop.Dispose(std::make_unique<Notes>([&] { order += "destroyed"; }));
    loop.Defer([&] { order += "task "; });
    order += "timer ";
  });
  timer.Start(milliseconds(0));
  RUN_UNTIL(loop, order == "timer task destroyed");
}

TEST(LoopTest, WhatIsDisposedOfMayDisposeInTurn) {
  Loop loop;
  int destroyed = 0;
  loop.Dispose(std::make_unique<Notes>([&] {
    ++destroyed;
    loop.Dispose(std::make_unique<Notes>([&] { ++destroyed; }));
  }));
  RUN_UNTIL(loop, destroyed == 2);
}

TEST(LoopTest, TheDestructorDestroysWhatWasDisposedOfAndDropsTasks) {
  bool destroyed = false;
  bool ran = false;
  {
    Loop loop;
    loop.Dispose(std::make_unique<Notes>([&] { destroyed = true; }));
    loop.Defer([&] { ran = true; });
    loop.Post([&] { ran = true; });
  }
  EXPECT_TRUE(destroyed);
  EXPECT_FALSE(ran);
}

TEST(LoopTest, ATaskThatIsDroppedMayOwnWhatLivesOnTheLoop) {
  Loop loop;
  auto timer = std::make_shared<Timer>(loop, [] {});
  loop.Defer([timer] {});
  timer.reset();
}

TEST(LoopTest, PostsFromOtherThreadsAllArriveInOrder) {
  Loop loop;
  static constexpr int kEach = 1000;
  int arrived[2] = {0, 0};
  const auto post = [&](int who) {
    for (int i = 0; i < kEach; ++i) {
      loop.Post([&arrived, &loop, who, i] {
        EXPECT_EQ(arrived[who], i);
        ++arrived[who];
        if (arrived[0] + arrived[1] == 2 * kEach) loop.Stop();
      });
    }
  };
  std::thread one(post, 0);
  std::thread other(post, 1);
  loop.Run();
  one.join();
  other.join();
  EXPECT_EQ(arrived[0] + arrived[1], 2 * kEach);
}

TEST(LoopTest, TwoLoopsOnTwoThreadsTalk) {
  Loop here;
  Loop there;
  std::thread thread([&] { there.Run(); });
  int rounds = 0;
  std::function<void()> bounce = [&] {
    there.Post([&] {
      here.Post([&] {
        if (++rounds == 100) {
          there.Post([&] { there.Stop(); });
          here.Stop();
        } else {
          bounce();
        }
      });
    });
  };
  bounce();
  here.Run();
  thread.join();
  EXPECT_EQ(rounds, 100);
}

TEST(LoopTest, TheTimeGoesOnWithTheClock) {
  const auto before = Loop::Clock::now();
  Loop loop;
  const auto after = Loop::Clock::now();
  EXPECT_GE(loop.now(), before - milliseconds(5));
  EXPECT_LE(loop.now(), after + (after - before) + milliseconds(5)) << "as exact as its making was quick";
  const auto start = loop.now();
  Timer timer(loop, [&] { loop.Stop(); });
  timer.Start(milliseconds(30));
  loop.Run();
  EXPECT_GE(loop.now() - start, milliseconds(29));
}

TEST(DeferredTest, IsCalledOnceHoweverOftenItWasScheduled) {
  Loop loop;
  int calls = 0;
  Deferred deferred(loop, [&] { ++calls; });
  EXPECT_FALSE(deferred.scheduled());
  deferred.Schedule();
  deferred.Schedule();
  EXPECT_TRUE(deferred.scheduled());
  EXPECT_EQ(calls, 0);
  Turn(loop);
  EXPECT_EQ(calls, 1);
  EXPECT_FALSE(deferred.scheduled());
  deferred.Schedule();
  Turn(loop);
  EXPECT_EQ(calls, 2);
}

TEST(DeferredTest, IsNotCalledOnceCancelledOrDestroyed) {
  Loop loop;
  bool called = false;
  Deferred cancelled(loop, [&] { called = true; });
  cancelled.Schedule();
  cancelled.Cancel();
  {
    Deferred destroyed(loop, [&] { called = true; });
    destroyed.Schedule();
  }
  Turn(loop);
  EXPECT_FALSE(called);
}

TEST(DeferredTest, OneMayDestroyAnotherThatIsDueInTheSameTurn) {
  Loop loop;
  bool called = false;
  std::unique_ptr<Deferred> victim;
  Deferred killer(loop, [&] { victim.reset(); });
  victim = std::make_unique<Deferred>(loop, [&] { called = true; });
  killer.Schedule();
  victim->Schedule();
  Turn(loop);
  EXPECT_FALSE(called);
}

TEST(DeferredTest, KeepsTheOrderAndMayScheduleItselfAgain) {
  Loop loop;
  std::string order;
  Deferred first(loop, [&] { order += "1"; });
  Deferred second(loop, [&] {
    order += "2";
    if (order.size() < 4) second.Schedule();
  });
  first.Schedule();
  second.Schedule();
  Turn(loop);
  EXPECT_EQ(order, "1222");
}

TEST(TimerTest, FiresOnce) {
  Loop loop;
  int fired = 0;
  Timer timer(loop, [&] { ++fired; });
  EXPECT_FALSE(timer.running());
  timer.Start(milliseconds(1));
  EXPECT_TRUE(timer.running());
  RUN_UNTIL(loop, fired == 1);
  EXPECT_FALSE(timer.running());
  Turn(loop);
  EXPECT_EQ(fired, 1);
}

TEST(TimerTest, StoppedOrDestroyedItDoesNotFire) {
  Loop loop;
  bool fired = false;
  Timer stopped(loop, [&] { fired = true; });
  stopped.Start(milliseconds(1));
  stopped.Stop();
  EXPECT_FALSE(stopped.running());
  {
    Timer destroyed(loop, [&] { fired = true; });
    destroyed.Start(milliseconds(1));
  }
  bool later = false;
  Timer after(loop, [&] { later = true; });
  after.Start(milliseconds(20));
  RUN_UNTIL(loop, later);
  EXPECT_FALSE(fired);
}

TEST(TimerTest, StartingAgainMovesIt) {
  Loop loop;
  std::string order;
  Timer moved(loop, [&] { order += "moved"; });
  Timer fixed(loop, [&] { order += "fixed "; });
  moved.Start(milliseconds(5));
  fixed.Start(milliseconds(20));
  moved.Start(milliseconds(40));
  RUN_UNTIL(loop, order == "fixed moved");
}

TEST(TimerTest, ItCountsFromItsStartAndNotFromTheTurns) {
  Loop loop;
  Loop::Clock::time_point started;
  Loop::Clock::time_point fired;
  Timer timer(loop, [&] { fired = Loop::Clock::now(); });
  loop.Defer([&] {
    const auto until = Loop::Clock::now() + milliseconds(60);  // a long turn
    while (Loop::Clock::now() < until) {
    }
    started = Loop::Clock::now();
    timer.Start(milliseconds(50));
  });
  RUN_UNTIL(loop, !timer.running() && fired != Loop::Clock::time_point());
  EXPECT_GE(fired - started, milliseconds(48));
}

TEST(TimerTest, ItMayDestroyItselfAsItFires) {
  Loop loop;
  bool fired = false;
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(loop, [&] {
    timer.reset();
    fired = true;
  });
  timer->Start(milliseconds(0));
  RUN_UNTIL(loop, fired);
}

TEST(SignalWatcherTest, ASignalIsToldOnTheLoop) {
  Loop loop;
  int caught = 0;
  SignalWatcher watcher(loop, SIGUSR1, [&] { ++caught; });
  ASSERT_EQ(raise(SIGUSR1), 0);
  RUN_UNTIL(loop, caught == 1);
  ASSERT_EQ(raise(SIGUSR1), 0);
  RUN_UNTIL(loop, caught == 2);
}

TEST(SignalWatcherTest, TwoSignalsAreToldApart) {
  Loop loop;
  std::string caught;
  SignalWatcher one(loop, SIGUSR1, [&] { caught += '1'; });
  SignalWatcher two(loop, SIGUSR2, [&] { caught += '2'; });
  ASSERT_EQ(raise(SIGUSR2), 0);
  RUN_UNTIL(loop, caught == "2");
  ASSERT_EQ(raise(SIGUSR1), 0);
  RUN_UNTIL(loop, caught == "21");
}

// The read shares of later turns, with their times.
std::vector<std::pair<Loop::Clock::time_point, size_t>> Shares(Loop& loop, const std::function<bool()>& enough) {
  std::vector<std::pair<Loop::Clock::time_point, size_t>> shares;
  const std::function<void()> look = [&] {
    shares.emplace_back(loop.now(), loop.impl().reads.Share(1000, 10, loop.now()));
    if (enough()) return loop.Stop();
    loop.Defer(look);
  };
  loop.Defer(look);
  loop.Run();
  return shares;
}

TEST(LoopTest, WhoReadsInBulkReadsLessForTheRestOfATurn) {
  Loop loop;
  EXPECT_EQ(loop.impl().reads.Share(1000, 10, loop.now()), 1000U);
  EXPECT_EQ(loop.impl().reads.Share(5, 10, loop.now()), 5U);
  loop.impl().reads.Count(ReadBudget::kLargeTurn, loop.now());
  EXPECT_EQ(loop.impl().reads.Share(1000, 10, loop.now()), 10U);
  EXPECT_EQ(loop.impl().reads.Share(5, 10, loop.now()), 5U);
  int turns = 2;
  for (const auto& [when, share] : Shares(loop, [&] { return --turns == 0; })) EXPECT_EQ(share, 1000U);
}

TEST(LoopTest, WhoReadsInBulkReadsLessForAMomentAfterAnotherReadLittle) {
  Loop loop;
  loop.impl().reads.Count(0, loop.now());
  EXPECT_EQ(loop.impl().reads.Share(1000, 10, loop.now()), 1000U);
  bool over = false;
  Loop::Clock::time_point begun;
  Timer later(loop, [&] { over = true; });
  loop.Defer([&] {
    begun = loop.now();
    loop.impl().reads.Count(1, loop.now());
    EXPECT_EQ(loop.impl().reads.Share(1000, 10, loop.now()), 5U);
    EXPECT_EQ(loop.impl().reads.Share(3, 10, loop.now()), 3U);
    later.Start(ReadBudget::kInteractivePeriod);
  });
  const auto shares = Shares(loop, [&] { return over; });
  for (const auto& [when, share] : shares) EXPECT_EQ(share, when < begun + ReadBudget::kInteractivePeriod ? 5U : 1000U);
  EXPECT_EQ(shares.front().second, 5U);
  EXPECT_EQ(shares.back().second, 1000U);
}

TEST(LoopTest, WithoutDescriptorsNoneIsCreated) {
  {
    const NoDescriptors none;
    const auto loop = Loop::Create();
    ASSERT_FALSE(loop.ok());
    EXPECT_EQ(loop.error().code, ErrorCode::kSystem);
    EXPECT_EQ(loop.error().detail, "cannot create an event loop: Too many open files");
  }
  EXPECT_TRUE(Loop::Create().ok());
}

}  // namespace
}  // namespace starlock::net
