#include "net/poll.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "harness.h"

namespace starlock::net {
namespace {

using std::chrono::milliseconds;

struct Seen final : Poll::Watcher {
  void OnReady(unsigned events) override {
    ++calls;
    last = events;
    if (then) then();
  }

  size_t calls = 0;
  unsigned last = 0;
  std::function<void()> then;
};

/// Two connected sockets; the first is watched.
struct Ends {
  Ends() {
    int both[2] = {-1, -1};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, both), 0);
    ours = Descriptor(both[0]);
    theirs = Descriptor(both[1]);
  }
  void Say() const { EXPECT_EQ(write(theirs.get(), "x", 1), 1); }

  Descriptor ours, theirs;
};

class PollTest : public ::testing::Test {
 protected:
  void Open(unsigned events) { ASSERT_FALSE(poll.Open(loop, std::move(ends.ours), events, &seen)); }

  Loop loop;
  Ends ends;
  Seen seen;
  Poll poll;
};

TEST_F(PollTest, TellsEveryTurnForAsLongAsItHolds) {
  Open(Poll::kRead);
  Turn(loop, 3);
  EXPECT_EQ(seen.calls, 0U);
  ends.Say();
  RUN_UNTIL(loop, seen.calls >= 3);
  EXPECT_EQ(seen.last, unsigned{Poll::kRead});
}

TEST_F(PollTest, WhatIsNotWatchedForIsNotTold) {
  Open(Poll::kWrite);
  ends.Say();
  RUN_UNTIL(loop, seen.calls > 0);
  EXPECT_EQ(seen.last, unsigned{Poll::kWrite});
  poll.Watch(0);
  const size_t before = seen.calls;
  Turn(loop, 5);
  EXPECT_EQ(seen.calls, before);
  poll.Watch(Poll::kRead | Poll::kWrite);
  RUN_UNTIL(loop, seen.calls > before);
  EXPECT_EQ(seen.last, Poll::kRead | Poll::kWrite);
}

TEST_F(PollTest, AChangeThatIsTakenBackIsNone) {
  Open(Poll::kRead);
  poll.Watch(0);
  poll.Watch(Poll::kRead);
  EXPECT_EQ(poll.watched(), unsigned{Poll::kRead});
  ends.Say();
  RUN_UNTIL(loop, seen.calls >= 1);
}

TEST_F(PollTest, AnIdleHangUpDoesNotSpin) {
  Open(Poll::kRead);
  poll.Watch(0);
  ends.theirs.Close();
  EXPECT_LT(CpuTimeWhileIdle(loop, milliseconds(100)), milliseconds(50));
  EXPECT_EQ(seen.calls, 0U);
  // Reported once it is watched.
  poll.Watch(Poll::kRead);
  RUN_UNTIL(loop, seen.calls >= 1);
}

TEST_F(PollTest, AnErrorStopsTheWatch) {
  const Acceptor acceptor;
  Descriptor ours = ConnectTo(acceptor.address);
  Descriptor theirs = acceptor.Accept();
  ASSERT_FALSE(poll.Open(loop, std::move(ours), Poll::kRead, &seen));
  const linger at_once{1, 0};
  ASSERT_EQ(setsockopt(theirs.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
  theirs.Close();
  RUN_UNTIL(loop, seen.calls >= 1);
  EXPECT_EQ(seen.last, unsigned{Poll::kError});
  EXPECT_EQ(poll.watched(), 0U);
  Turn(loop, 3);
  EXPECT_EQ(seen.calls, 1U);
}

// Both are ready in the same turn; the first one dispatched closes the other.
TEST_F(PollTest, OneThatIsClosedIsNotToldInTheSameTurn) {
  Ends both[2];
  Seen each[2];
  Poll polls[2];
  for (size_t i = 0; i < 2; ++i) {
    ASSERT_FALSE(polls[i].Open(loop, std::move(both[i].ours), Poll::kRead, &each[i]));
    each[i].then = [&, i] {
      polls[1 - i].Close();
      polls[i].Watch(0);
    };
    both[i].Say();
  }
  RUN_UNTIL(loop, each[0].calls + each[1].calls >= 1);
  Turn(loop, 3);
  EXPECT_EQ(each[0].calls + each[1].calls, 1U);
}

// The bulk transfer was ready first and opened first.
TEST_F(PollTest, BulkIsToldLast) {
  std::vector<Ends> all(6);
  std::vector<Seen> each(6);
  std::vector<Poll> polls(6);
  std::vector<size_t> order;
  for (size_t i = 0; i < all.size(); ++i) {
    ASSERT_FALSE(polls[i].Open(loop, std::move(all[i].ours), Poll::kRead, &each[i]));
    polls[i].SetBulk(i % 3 != 2);
    each[i].then = [&, i] {
      order.push_back(i);
      polls[i].Watch(0);
    };
    all[i].Say();
  }
  RUN_UNTIL(loop, order.size() == all.size());
  std::sort(order.begin(), order.begin() + 2);
  std::sort(order.begin() + 2, order.end());
  EXPECT_EQ(order, (std::vector<size_t>{2, 5, 0, 1, 3, 4}));
}

// A deferred dispatch must not happen once the poll is closed.
TEST_F(PollTest, BulkThatIsClosedMeanwhileIsNotTold) {
  std::vector<Ends> all(4);
  std::vector<Seen> each(4);
  std::vector<Poll> polls(4);
  for (size_t i = 0; i < all.size(); ++i) {
    ASSERT_FALSE(polls[i].Open(loop, std::move(all[i].ours), Poll::kRead, &each[i]));
    polls[i].SetBulk(i != 2);
    all[i].Say();
  }
  each[2].then = [&] { polls.clear(); };
  RUN_UNTIL(loop, each[2].calls == 1);
  Turn(loop, 3);
  for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(each[i].calls, i == 2 ? 1U : 0U);
}

TEST_F(PollTest, MayCloseItself) {
  Open(Poll::kRead);
  seen.then = [&] { poll.Close(); };
  ends.Say();
  RUN_UNTIL(loop, seen.calls >= 1);
  EXPECT_FALSE(poll.open());
}

TEST_F(PollTest, AnotherWatcherIsToldOnceItMoved) {
  Open(Poll::kWrite);
  RUN_UNTIL(loop, seen.calls >= 1);
  const size_t before = seen.calls;
  Seen second;
  Poll moved = std::move(poll);
  moved.SetWatcher(&second);
  moved.Watch(Poll::kRead);
  ends.Say();
  RUN_UNTIL(loop, second.calls >= 1);
  EXPECT_EQ(second.last, unsigned{Poll::kRead});
  EXPECT_EQ(seen.calls, before);
}

// More than one turn can dispatch.
TEST_F(PollTest, HundredsAreToldInTurn) {
  std::vector<std::unique_ptr<Seen>> all;
  std::vector<Poll> polls(600);
  for (Poll& one : polls) {
    all.push_back(std::make_unique<Seen>());
    ASSERT_FALSE(one.Open(loop, Descriptor(eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC)), Poll::kRead, all.back().get()));
  }
  Turn(loop, 6);
  for (const auto& each : all) EXPECT_GT(each->calls, 0U);
}

TEST_F(PollTest, ADescriptorThatCantBeWatchedIsSaidSoAndClosed) {
  Descriptor file(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));  // a regular file: epoll refuses it
  const int number = file.get();
  const Error error = poll.Open(loop, std::move(file), Poll::kRead, &seen);
  EXPECT_EQ(error.code, ErrorCode::kSystem);
  EXPECT_NE(error.detail.find("cannot watch a socket"), std::string::npos);
  EXPECT_FALSE(poll.open());
  EXPECT_EQ(fcntl(number, F_GETFD), -1);
}

}  // namespace
}  // namespace starlock::net
