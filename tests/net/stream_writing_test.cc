#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <thread>

#include "harness.h"

namespace starlock::net {
namespace {

class StreamWritingTest : public StreamTest {
 protected:
  StreamWritingTest() : StreamTest(16'384) {}

  // Writes until the queue is above the high mark, `part` bytes at a time.
  std::string Fill(size_t part) {
    std::string written;
    const std::string pattern = Pattern(2'000'000);
    bool goes_on = true;
    while (goes_on) {
      const std::string_view next = std::string_view(pattern).substr(written.size(), part);
      goes_on = stream->Write(Bytes(loop, next));
      written += next;
    }
    return written;
  }
};

TEST_F(StreamWritingTest, SendsAtOnce) {
  EXPECT_TRUE(stream->Write(Bytes(loop, "hello")));
  EXPECT_EQ(stream->queued(), 0U);
  EXPECT_EQ(peer.Receive(5), "hello");  // the loop has not run yet
  EXPECT_TRUE(stream->Write(buffer::Chain()));
  Turn(loop);
  EXPECT_TRUE(seen.events.empty());
  EXPECT_EQ(loop.pool().in_use(), 0U);
}

TEST_F(StreamWritingTest, AChainOfManyPiecesIsSentWhole) {
  buffer::Chain chain;
  std::string expected;
  for (int i = 0; i < 500; ++i) {
    const std::string piece(1 + static_cast<size_t>(i) % 7, static_cast<char>('a' + i % 26));
    buffer::Chunk chunk = loop.pool().Reserve();
    std::copy(piece.begin(), piece.end(), chunk.tail().begin());
    loop.pool().Commit(chunk, piece.size());
    chain.Append(std::move(chunk));
    expected += piece;
  }
  stream->Write(std::move(chain));
  EXPECT_EQ(stream->queued(), 0U);
  EXPECT_EQ(peer.Receive(expected.size()), expected);
}

// A peer that does not read: Write returns false, and memory stays bounded.
TEST_F(StreamWritingTest, TheHighMarkStopsAndTheLowMarkResumes) {
  const std::string written = Fill(10'000);
  EXPECT_GT(stream->queued(), buffer::kHighMark);
  EXPECT_LE(stream->queued(), buffer::kHighMark + 10'000);
  Turn(loop, 20);
  EXPECT_EQ(seen.writable, 0);
  EXPECT_LE(loop.pool().in_use(), 4U);

  std::string received;
  size_t queued_when_told = 0;
  seen.on_writable = [&] { queued_when_told = stream->queued(); };
  RUN_UNTIL(loop, (received += peer.Available()).size() == written.size());
  EXPECT_TRUE(received == written);
  EXPECT_EQ(seen.writable, 1);
  EXPECT_LE(queued_when_told, buffer::kLowMark);
  EXPECT_EQ(loop.pool().in_use(), 0U);
  EXPECT_TRUE(stream->Write(Bytes(loop, "more")));
  EXPECT_EQ(peer.Receive(4), "more");
  Turn(loop);
  EXPECT_EQ(seen.writable, 1);
}

TEST_F(StreamWritingTest, TinyWritesToAPeerThatDoesNotReadHoldLittleMemory) {
  const std::string written = Fill(13);
  // The queue is just above its mark, and its memory is proportional.
  EXPECT_LE(loop.pool().in_use(), 3U);
  std::string received;
  RUN_UNTIL(loop, (received += peer.Available()).size() == written.size());
  EXPECT_TRUE(received == written);
}

TEST_F(StreamWritingTest, OnWritableMayWriteAgain) {
  const std::string pattern = Pattern(4'000'000);
  size_t written = 0;
  const auto write = [&] {
    bool goes_on = true;
    while (goes_on && written < pattern.size()) {
      const std::string_view next = std::string_view(pattern).substr(written, 10'000);
      written += next.size();
      goes_on = stream->Write(Bytes(loop, next));
    }
    if (written == pattern.size()) stream->End(buffer::StreamEnd::kClean);
  };
  seen.on_writable = write;
  write();
  std::string received;
  RUN_UNTIL(loop, (received += peer.Available()).size() == pattern.size());
  EXPECT_TRUE(received == pattern);
  EXPECT_GE(seen.writable, 2);
  EXPECT_EQ(peer.Next(), "end");
}

TEST_F(StreamWritingTest, SmallWritesAreNotHeldBack) {
  int on = 0;
  socklen_t size = sizeof(on);
  ASSERT_EQ(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &size), 0);
  EXPECT_NE(on, 0);
  ASSERT_EQ(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &size), 0);
  EXPECT_NE(on, 0);
}

TEST_F(StreamWritingTest, AFullQueueDoesNotSpin) {
  Fill(10'000);
  EXPECT_LT(CpuTimeWhileIdle(loop, std::chrono::milliseconds(200)), std::chrono::milliseconds(100));
  EXPECT_TRUE(seen.events.empty());
}

// Two connected streams on one loop send the same data to each other.
TEST_F(StreamWritingTest, BulkBothWaysWithBoundedMemory) {
  struct Side : Recorder {
    void Pump() {
      while (sent < total) {
        const size_t n = std::min<size_t>(40'000, total - sent);
        const std::string_view next = std::string_view(*pattern).substr(sent % 1'000'000, n);
        sent += next.size();
        if (!stream->Write(Bytes(*loop, next))) return;
      }
      stream->End(buffer::StreamEnd::kClean);
    }
    Loop* loop = nullptr;
    buffer::Stream* stream = nullptr;
    const std::string* pattern = nullptr;
    size_t total = 30'000'000;
    size_t sent = 0;
    size_t received = 0;
    bool right = true;
  };
  const Acceptor acceptor;
  std::unique_ptr<TcpStream> ends[2];
  ends[0] = TcpStream::Adopt(loop, ConnectTo(acceptor.address)).value();
  ends[1] = TcpStream::Adopt(loop, acceptor.Accept()).value();
  const std::string pattern = Pattern(1'000'000);
  size_t most = 0;
  Side sides[2];
  for (int i = 0; i < 2; ++i) {
    Side& side = sides[i];
    side.loop = &loop;
    side.stream = ends[i].get();
    side.pattern = &pattern;
    side.on_writable = [&side] { side.Pump(); };
    side.on_data = [&](buffer::Chain& in) {
      most = std::max(most, loop.pool().in_use());
      for (const buffer::Chunk& chunk : in) {
        std::string_view bytes = chunk.view();
        while (!bytes.empty()) {
          const size_t at = side.received % pattern.size();
          const size_t n = std::min(bytes.size(), pattern.size() - at);
          side.right = side.right && bytes.substr(0, n) == std::string_view(pattern).substr(at, n);
          side.received += n;
          bytes.remove_prefix(n);
        }
      }
      in.Clear();
    };
    side.stream->SetHandler(&side);
    side.stream->SetReading(true);
    side.Pump();
  }
  RUN_UNTIL(loop, sides[0].closed && sides[1].closed);
  for (const Side& side : sides) {
    EXPECT_EQ(side.received, side.total);
    EXPECT_TRUE(side.right);
    EXPECT_FALSE(side.error);
  }
  EXPECT_LE(most, 12U);
  EXPECT_EQ(loop.pool().in_use(), 0U);
}

TEST_F(StreamWritingTest, LastWordsComeBeforeTheEnd) {
  stream->EndWith(Bytes(loop, "bye"), buffer::StreamEnd::kClean);
  EXPECT_EQ(peer.Receive(3), "bye");  // the loop has not run yet
  EXPECT_EQ(peer.Next(), "end");
  stream->EndWith(Bytes(loop, "more"), buffer::StreamEnd::kClean);
  EXPECT_EQ(stream->queued(), 0U) << "behind an end everything is dropped";
}

TEST_F(StreamWritingTest, LastWordsComeBehindWhatWaits) {
  const std::string written = Fill(10'000);
  stream->EndWith(Bytes(loop, "bye"), buffer::StreamEnd::kClean);
  std::string got;
  std::thread reader([&] { got = peer.Receive(written.size() + 3); });
  EXPECT_TRUE(RunUntil(loop, [&] { return stream->queued() == 0; }));
  reader.join();
  EXPECT_TRUE(got == written + "bye");
  EXPECT_EQ(peer.Next(), "end");
}

TEST_F(StreamWritingTest, LastWordsToOneThatHasEndedCome) {
  stream->SetReading(true);
  peer.Shut();
  RUN_UNTIL(loop, !seen.events.empty());
  stream->EndWith(Bytes(loop, "bye"), buffer::StreamEnd::kClean);
  Turn(loop);
  EXPECT_EQ(peer.Receive(3), "bye");
  EXPECT_EQ(peer.Next(), "end");
}

}  // namespace
}  // namespace starlock::net
