// Two streams, each the sink of the other: passing through a pipe behaves like reading and writing.

#include <sys/socket.h>

#include <csignal>
#include <functional>
#include <thread>
#include <vector>

#include "harness.h"
#include "net/loop_impl.h"

namespace starlock::net {
namespace {

constexpr size_t kMuch = size_t{8} << 20;

/// Relays data and counts what was passed.
struct Relay : buffer::StreamHandler {
  void OnData(buffer::Chain& in) override {
    shown += in.size();
    if (on_bytes) on_bytes();
    if (!sink->Write(std::move(in))) source->SetReading(false);
  }
  void OnPassed(size_t bytes, bool room) override {
    passed += bytes;
    if (on_bytes) on_bytes();
    if (!room) source->SetReading(false);
    stalls += room ? 0 : 1;
  }
  void OnWritable() override { sink->SetReading(true); }
  void OnEnd(buffer::StreamEnd end) override {
    ended = true;
    sink->End(end);
  }
  void OnClosed(const Error& why) override {
    closed = true;
    error = why;
  }

  TcpStream* source = nullptr;
  TcpStream* sink = nullptr;
  size_t shown = 0, passed = 0;
  int stalls = 0;
  bool ended = false, closed = false;
  Error error;
  std::function<void()> on_bytes;
};

class PassingTest : public ::testing::Test {
 protected:
  PassingTest() {
    std::signal(SIGPIPE, SIG_IGN);  // as the program does: splice() has no MSG_NOSIGNAL
    a = Make(a_peer);
    b = Make(b_peer);
    Join(from_a, *a, *b);
    Join(from_b, *b, *a);
  }
  std::unique_ptr<TcpStream> Make(Peer& peer) {
    const Acceptor acceptor;
    peer = Peer(ConnectTo(acceptor.address));
    return std::move(TcpStream::Adopt(loop, acceptor.Accept())).value();
  }
  static void Join(Relay& relay, TcpStream& source, TcpStream& sink) {
    relay.source = &source;
    relay.sink = &sink;
    source.PassTo(&sink);
    source.SetHandler(&relay);
    source.SetReading(true);
  }
  /// Moves `bytes` from one peer to the other.
  void Move(Peer& from, Peer& to, const std::string& bytes) {
    std::string received;
    bool done = false;
    std::thread sender([&] { from.Send(bytes); });
    std::thread receiver([&] {
      received = to.Receive(bytes.size());
      loop.Post([&] { done = true; });
    });
    EXPECT_TRUE(RunUntil(loop, [&] { return done; }));
    sender.join();
    receiver.join();
    EXPECT_TRUE(received == bytes);
  }
  /// Borrows all remaining pipes of the loop.
  std::vector<PipePool::Lent> TakeAllPipes() {
    std::vector<PipePool::Lent> all;
    while (all.size() <= PipePool::kMost) {
      PipePool::Lent pipe = loop.impl().pipes.Take();
      if (pipe == nullptr) break;
      all.push_back(std::move(pipe));
    }
    return all;
  }

  Loop loop;
  Relay from_a, from_b;
  Peer a_peer{Descriptor()}, b_peer{Descriptor()};
  std::unique_ptr<TcpStream> a, b;
};

TEST_F(PassingTest, MuchPassesAndLittleIsShown) {
  Move(a_peer, b_peer, "little");
  EXPECT_EQ(from_a.shown, 6U);
  EXPECT_EQ(from_a.passed, 0U);
  Move(a_peer, b_peer, Pattern(kMuch));
  EXPECT_GT(from_a.passed, 0U);
  EXPECT_EQ(from_a.passed + from_a.shown, 6 + kMuch);
  Move(b_peer, a_peer, "back");
  Move(a_peer, b_peer, "little again");
  Move(b_peer, a_peer, Pattern(kMuch));
  EXPECT_EQ(from_b.passed + from_b.shown, 4 + kMuch);
}

// Beside an interactive connection reads are smaller, but still bulk.
TEST_F(PassingTest, MuchPassesBesideThoseWhoReadLittle) {
  from_a.on_bytes = [this] { loop.impl().reads.Count(1, loop.now()); };
  from_a.on_bytes();
  Move(a_peer, b_peer, Pattern(kMuch));
  EXPECT_GT(from_a.passed, 0U);
  EXPECT_EQ(from_a.passed + from_a.shown, kMuch);
}

TEST_F(PassingTest, WhoDoesNotReadStallsTheOther) {
  std::thread sender([this] { a_peer.Send(Pattern(4 * kMuch)); });
  RUN_UNTIL(loop, from_a.stalls > 0 || b->queued() > buffer::kHighMark);
  Turn(loop, 20);
  EXPECT_LE(b->queued(), buffer::kHighMark + TcpStream::kMaxReceive + (1U << 20));
  EXPECT_LT(from_a.passed + from_a.shown, 4 * kMuch);
  std::string received;
  bool done = false;
  std::thread receiver([&] {
    received = b_peer.Receive(4 * kMuch);
    loop.Post([&] { done = true; });
  });
  RUN_UNTIL(loop, done);
  sender.join();
  receiver.join();
  EXPECT_TRUE(received == Pattern(4 * kMuch));
  EXPECT_EQ(b->queued(), 0U);
}

TEST_F(PassingTest, AnEndComesBehindAllThatPassed) {
  bool done = false;
  std::string received, next;
  std::thread sender([this] {
    a_peer.Send(Pattern(kMuch));
    a_peer.Shut();
  });
  std::thread receiver([&] {
    received = b_peer.Receive(kMuch);
    next = b_peer.Next();
    loop.Post([&] { done = true; });
  });
  RUN_UNTIL(loop, done);
  sender.join();
  receiver.join();
  EXPECT_TRUE(received == Pattern(kMuch));
  EXPECT_EQ(next, "end");
  EXPECT_TRUE(from_a.ended);
  EXPECT_FALSE(from_b.ended);
  Move(b_peer, a_peer, Pattern(kMuch));  // the other direction goes on
}

TEST_F(PassingTest, ASinkThatIsResetIsToldOfItsOwn) {
  std::thread sender([this] {
    const std::string block = Pattern(65536);
    while (send(a_peer.fd(), block.data(), block.size(), MSG_NOSIGNAL) > 0) {
    }
  });
  RUN_UNTIL(loop, from_a.stalls > 0 || b->queued() > buffer::kHighMark);
  b_peer.Reset();
  RUN_UNTIL(loop, from_b.closed);
  EXPECT_EQ(from_b.error.code, ErrorCode::kReset);
  EXPECT_EQ(b->queued(), 0U);
  a->PassTo(nullptr);
  a->Abort();
  sender.join();
}

// splice takes the socket's error, and a recv after it shows an end, which the sink would pass on as a proper one.
TEST_F(PassingTest, AResetWhileBytesPassIsNoEnd) {
  const std::string block = Pattern(65536);
  while (send(a_peer.fd(), block.data(), block.size(), MSG_NOSIGNAL | MSG_DONTWAIT) > 0) {
  }
  bool reset = false;
  from_a.on_bytes = [&] {
    if (from_a.passed > 0 && !std::exchange(reset, true)) a_peer.Reset();
  };
  std::thread receiver([this] {
    while (!b_peer.Receive(1).empty()) {
    }
  });
  RUN_UNTIL(loop, from_a.ended || from_a.closed);
  EXPECT_GT(from_a.passed, 0U);
  EXPECT_FALSE(from_a.ended);
  EXPECT_EQ(from_a.error.code, ErrorCode::kReset);
  a->PassTo(nullptr);
  b->Abort();
  receiver.join();
}

TEST_F(PassingTest, AnUrgentByteIsInItsPlace) {
  const std::string bytes = Pattern(kMuch);
  bool done = false;
  std::string received;
  std::thread sender([&] {
    a_peer.Send(bytes);
    EXPECT_EQ(send(a_peer.fd(), "!", 1, MSG_OOB), 1);
    a_peer.Send(bytes);
    a_peer.Shut();
  });
  std::thread receiver([&] {
    received = b_peer.Receive(2 * kMuch + 1);
    loop.Post([&] { done = true; });
  });
  RUN_UNTIL(loop, done);
  sender.join();
  receiver.join();
  EXPECT_TRUE(received == bytes + "!" + bytes);
}

TEST_F(PassingTest, WithoutDescriptorsBytesAreReadAndWritten) {
  const std::string bytes = Pattern(kMuch);
  std::string received;
  bool done = false;
  {
    const NoDescriptors none;
    std::thread sender([&] { a_peer.Send(bytes); });
    std::thread receiver([&] {
      received = b_peer.Receive(kMuch);
      loop.Post([&] { done = true; });
    });
    RUN_UNTIL(loop, done);
    sender.join();
    receiver.join();
  }
  EXPECT_TRUE(received == bytes);
  EXPECT_EQ(from_a.passed, 0U);
}

TEST_F(PassingTest, WithoutAPipeBytesAreReadAndWritten) {
  auto lent = TakeAllPipes();
  EXPECT_EQ(lent.size(), PipePool::kMost);
  Move(a_peer, b_peer, Pattern(kMuch));
  EXPECT_EQ(from_a.passed, 0U);
  lent.clear();
  Move(a_peer, b_peer, Pattern(kMuch));
  EXPECT_GT(from_a.passed, 0U);
}

TEST_F(PassingTest, AStreamThatDiesGivesItsPipeBack) {
  std::thread sender([this] {
    const std::string block = Pattern(65536);
    while (send(a_peer.fd(), block.data(), block.size(), MSG_NOSIGNAL) > 0) {
    }
  });
  const auto waits_in_a_pipe = [this] {
    if (b->queued() <= buffer::kHighMark) return false;
    const bool piped = loop.impl().pipes.lent() == 1;
    if (!piped) b_peer.Available();  // the bytes were read instead: try again
    return piped;
  };
  EXPECT_TRUE(RunUntil(loop, waits_in_a_pipe));
  EXPECT_EQ(TakeAllPipes().size(), PipePool::kMost - 1);
  a->PassTo(nullptr);
  b.reset();
  EXPECT_EQ(TakeAllPipes().size(), PipePool::kMost);
  a->Abort();
  sender.join();
}

TEST_F(PassingTest, WhoIsIdleHoldsNoPipe) {
  const size_t before = OpenDescriptors();
  for (int i = 0; i < 5; ++i) Move(a_peer, b_peer, Pattern(kMuch));
  EXPECT_LE(OpenDescriptors(), before + 2 * 8);  // the loop keeps eight free pipes
  a.reset();
  b.reset();
}

}  // namespace
}  // namespace starlock::net
