#include "harness.h"

namespace starlock::net {
namespace {

using StreamReadingTest = StreamTest;
using std::chrono::milliseconds;

TEST_F(StreamReadingTest, NothingIsReadUntilItIsAskedFor) {
  peer.Send("hello");
  Turn(loop);
  EXPECT_TRUE(seen.events.empty());
  stream->SetReading(true);
  EXPECT_TRUE(seen.events.empty());  // from the loop only
  RUN_UNTIL(loop, seen.data == "hello");
}

TEST_F(StreamReadingTest, AnIdleStreamHoldsNoBuffer) {
  stream->SetReading(true);
  peer.Send("hello");
  RUN_UNTIL(loop, seen.data == "hello");
  Turn(loop);
  EXPECT_EQ(loop.pool().in_use(), 0U);
}

TEST_F(StreamReadingTest, AllBytesArriveInOrder) {
  const std::string sent = Pattern(100'000);  // fits the socket's buffers
  peer.Send(sent);
  stream->SetReading(true);
  RUN_UNTIL(loop, seen.data.size() == sent.size());
  EXPECT_TRUE(seen.data == sent);
}

TEST_F(StreamReadingTest, OneReadATurnSoThatNoStreamStarvesTheOthers) {
  const std::string sent = Pattern(200'000);
  peer.Send(sent);
  stream->SetReading(true);
  while (seen.data.size() < sent.size()) {
    const size_t before = seen.data.size();
    Turn(loop, 1);
    ASSERT_LE(seen.data.size() - before, loop.pool().slab_size());
  }
}

TEST_F(StreamReadingTest, APauseHoldsBackWhatComes) {
  stream->SetReading(true);
  peer.Send("one");
  RUN_UNTIL(loop, seen.data == "one");
  stream->SetReading(false);
  peer.Send("two");
  Turn(loop, 10);
  EXPECT_EQ(seen.data, "one");
  EXPECT_EQ(loop.pool().in_use(), 0U);
  stream->SetReading(true);
  RUN_UNTIL(loop, seen.data == "onetwo");
}

// Bytes that the handler leaves are reported again, followed by later bytes.
TEST_F(StreamReadingTest, WhatIsLeftIsShownAgainWhenReadingIsOn) {
  std::vector<std::string> shown;
  seen.on_data = [&](buffer::Chain& in) {
    shown.push_back(in.ToString());
    if (shown.size() == 1) {
      in.Consume(2);
      stream->SetReading(false);
    } else {
      in.Clear();
    }
  };
  stream->SetReading(true);
  peer.Send("abcd");
  RUN_UNTIL(loop, shown.size() == 1);
  Turn(loop);
  ASSERT_EQ(shown.size(), 1U);
  stream->SetReading(true);
  EXPECT_EQ(shown.size(), 1U);  // from the loop only
  RUN_UNTIL(loop, shown.size() == 2);
  EXPECT_EQ(shown[0], "abcd");
  EXPECT_EQ(shown[1], "cd");

  shown.clear();
  peer.Send("ef");
  RUN_UNTIL(loop, shown.size() == 1);  // leaves "" of "ef": the first two bytes are taken
  peer.Send("gh");
  stream->SetReading(true);
  RUN_UNTIL(loop, shown.size() == 2);
  EXPECT_EQ(shown[1], "gh");
}

TEST_F(StreamReadingTest, WhatIsLeftComesBeforeWhatCameSince) {
  std::string taken;
  seen.on_data = [&](buffer::Chain& in) {
    taken += in.ToString().substr(0, 1);
    in.Consume(1);
    stream->SetReading(false);
  };
  peer.Send("abc");
  for (const char* so_far : {"a", "ab", "abc", "abcd", "abcde"}) {
    stream->SetReading(true);
    RUN_UNTIL(loop, taken == so_far);
    if (taken == "ab") peer.Send("de");
  }
  EXPECT_EQ(loop.pool().in_use(), 0U);
}

TEST_F(StreamReadingTest, LittleThatIsLeftHoldsLittleMemory) {
  struct Lazy {
    Recorder seen;
    std::unique_ptr<TcpStream> stream;
  };
  const Acceptor acceptor;
  std::vector<Peer> peers;
  std::vector<Lazy> lazy(100);
  for (Lazy& each : lazy) {
    peers.emplace_back(ConnectTo(acceptor.address));
    each.stream = TcpStream::Adopt(loop, acceptor.Accept()).value();
    each.stream->SetHandler(&each.seen);
    each.stream->SetReading(true);
    each.seen.on_data = [&each](buffer::Chain& in) {
      in.Consume(in.size() - 1);
      each.stream->SetReading(false);
    };
    peers.back().Send(std::string(20'000, 'x'));
    RUN_UNTIL(loop, !each.seen.events.empty());
  }
  EXPECT_LE(loop.pool().in_use(), 6U);  // and not 34
}

TEST_F(StreamReadingTest, ReadingMayGoOnAndOffInsideTheCall) {
  std::vector<std::string> shown;
  seen.on_data = [&](buffer::Chain& in) {
    shown.push_back(in.ToString());
    in.Consume(1);
    stream->SetReading(false);
    if (!in.empty()) stream->SetReading(true);
  };
  stream->SetReading(true);
  peer.Send("abc");
  RUN_UNTIL(loop, shown.size() == 3);
  EXPECT_EQ(shown[1], "bc");
  EXPECT_EQ(shown[2], "c");
}

TEST_F(StreamReadingTest, ANewHandlerSeesWhatTheOldOneLeft) {
  Recorder successor;
  seen.on_data = [&](buffer::Chain& in) {
    in.Consume(2);
    stream->SetHandler(&successor);
  };
  stream->SetReading(true);
  peer.Send("abcd");
  RUN_UNTIL(loop, successor.data == "cd");
  peer.Send("ef");
  RUN_UNTIL(loop, successor.data == "cdef");
}

TEST_F(StreamReadingTest, WithoutAHandlerReadingIsOff) {
  stream->SetReading(true);
  stream->SetHandler(nullptr);
  peer.Send("abc");
  Turn(loop);
  stream->SetHandler(&seen);
  Turn(loop);
  EXPECT_TRUE(seen.events.empty());
  stream->SetReading(true);
  RUN_UNTIL(loop, seen.data == "abc");
}

// Level-triggered polling must not spin on unread bytes or an unread end.
TEST_F(StreamReadingTest, APausedStreamDoesNotSpin) {
  stream->SetReading(true);
  Turn(loop);
  stream->SetReading(false);
  peer.Send("abc");
  peer.Shut();
  EXPECT_LT(CpuTimeWhileIdle(loop, milliseconds(200)), milliseconds(100));
  stream->SetReading(true);
  RUN_UNTIL(loop, seen.ended);
  EXPECT_LT(CpuTimeWhileIdle(loop, milliseconds(200)), milliseconds(100));
  EXPECT_FALSE(seen.closed);
}

TEST_F(StreamReadingTest, TheStreamMayBeDisposedOfInsideTheCall) {
  seen.on_data = [&](buffer::Chain&) { loop.Dispose(std::move(stream)); };
  stream->SetReading(true);
  peer.Send("abc");
  RUN_UNTIL(loop, stream == nullptr);
  Turn(loop);
  EXPECT_EQ(seen.events.size(), 1U);
  EXPECT_EQ(loop.pool().in_use(), 0U);
}

TEST_F(StreamReadingTest, OneStreamsHandlerMayDestroyAnotherStream) {
  const Acceptor acceptor;
  Peer other_peer(ConnectTo(acceptor.address));
  auto other = TcpStream::Adopt(loop, acceptor.Accept()).value();
  Recorder other_seen;
  other->SetHandler(&other_seen);
  // The first one dispatched destroys the other, which has bytes in the same turn.
  seen.on_data = [&](buffer::Chain& in) {
    in.Clear();
    other.reset();
  };
  other_seen.on_data = [&](buffer::Chain& in) {
    in.Clear();
    stream.reset();
  };
  peer.Send("abc");
  other_peer.Send("abc");
  stream->SetReading(true);
  other->SetReading(true);
  RUN_UNTIL(loop, !seen.events.empty() || !other_seen.events.empty());
  Turn(loop);
  EXPECT_EQ(seen.events.size() + other_seen.events.size(), 1U);
}

TEST_F(StreamReadingTest, DestroyingItClosesSilently) {
  stream->SetReading(true);
  Turn(loop);
  stream.reset();
  EXPECT_EQ(peer.Next(), "end");
  Turn(loop);
  EXPECT_TRUE(seen.events.empty());
}

}  // namespace
}  // namespace starlock::net
