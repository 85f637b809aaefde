#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "harness.h"

namespace starlock::net {
namespace {

using buffer::StreamEnd;
using std::chrono::milliseconds;
using Events = std::vector<std::string>;

class StreamEndingTest : public StreamTest {
 protected:
  StreamEndingTest() : StreamTest(16'384) {}

  // Exceeds the socket buffers, so the rest is queued.
  size_t Fill() {
    size_t written = 0;
    const std::string part = Pattern(32'768);
    bool goes_on = true;
    while (goes_on) {
      goes_on = stream->Write(Bytes(loop, part));
      written += part.size();
    }
    return written;
  }

  // The peer resets the connection while the loop does not run.
  void ResetByPeer() {
    peer.Reset();
    AwaitReset();
  }
  // The reset may take a moment to arrive.
  void AwaitReset() const {
    tcp_info info{};
    socklen_t size = sizeof(info);
    const auto deadline = Loop::Clock::now() + kPatience;
    while (info.tcpi_state != TCP_CLOSE && Loop::Clock::now() < deadline) {
      ASSERT_EQ(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
    }
    ASSERT_EQ(info.tcpi_state, TCP_CLOSE);
  }
};

// --- Orderly ends.

TEST_F(StreamEndingTest, ThePeersEndLeavesOurDirectionOpen) {
  stream->SetReading(true);
  peer.Send("last words");
  peer.Shut();
  RUN_UNTIL(loop, seen.ended);
  EXPECT_EQ(seen.data, "last words");
  EXPECT_FALSE(seen.closed);
  EXPECT_TRUE(stream->Write(Bytes(loop, "answer")));
  EXPECT_EQ(peer.Receive(6), "answer");
  stream->End(StreamEnd::kClean);
  EXPECT_FALSE(seen.closed);  // from the loop only
  RUN_UNTIL(loop, seen.closed);
  EXPECT_EQ(seen.error.code, ErrorCode::kNone);
  EXPECT_EQ(peer.Next(), "end");
  EXPECT_EQ(seen.events, Events({"data", "end", "closed"}));
}

TEST_F(StreamEndingTest, OurEndLeavesThePeersDirectionOpen) {
  stream->SetReading(true);
  stream->Write(Bytes(loop, "question"));
  stream->End(StreamEnd::kClean);
  EXPECT_EQ(peer.Receive(8), "question");
  EXPECT_EQ(peer.Next(), "end");
  peer.Send("ans");
  RUN_UNTIL(loop, seen.data == "ans");
  peer.Send("wer");
  peer.Close();
  RUN_UNTIL(loop, seen.closed);
  EXPECT_EQ(seen.data, "answer");
  EXPECT_EQ(seen.events, Events({"data", "end", "closed"}));
}

TEST_F(StreamEndingTest, TheQueueGoesBeforeTheEnd) {
  const size_t written = Fill();
  EXPECT_GT(stream->queued(), 0U);
  stream->End(StreamEnd::kClean);
  stream->End(StreamEnd::kTruncated);  // the first one counts
  EXPECT_TRUE(stream->Write(Bytes(loop, "dropped")));
  std::string received;
  RUN_UNTIL(loop, (received += peer.Available()).size() >= written && stream->queued() == 0);
  EXPECT_EQ(received.size(), written);
  EXPECT_EQ(peer.Next(), "end");
  EXPECT_FALSE(seen.closed);
}

TEST_F(StreamEndingTest, TheEndIsToldFromWithinOnEndToo) {
  seen.on_end = [&] { stream->End(StreamEnd::kClean); };
  stream->SetReading(true);
  peer.Shut();
  RUN_UNTIL(loop, seen.closed);
  EXPECT_EQ(seen.events, Events({"end", "closed"}));
  EXPECT_EQ(peer.Next(), "end");
}

TEST_F(StreamEndingTest, AnEndWaitsUntilReadingIsOn) {
  stream->End(StreamEnd::kClean);
  peer.Close();
  Turn(loop);
  EXPECT_TRUE(seen.events.empty());
  stream->SetReading(true);
  RUN_UNTIL(loop, seen.closed);
  EXPECT_EQ(seen.events, Events({"end", "closed"}));
}

TEST_F(StreamEndingTest, TheEndComesAfterWhatWasLeft) {
  seen.on_data = [&](buffer::Chain& in) {
    seen.data += in.ToString().substr(0, 1);
    in.Consume(1);
    stream->SetReading(false);
  };
  peer.Send("abc");
  peer.Close();
  for (const char* so_far : {"a", "ab", "abc"}) {
    EXPECT_FALSE(seen.ended);
    stream->SetReading(true);
    RUN_UNTIL(loop, seen.data == so_far);
  }
  Turn(loop);
  EXPECT_FALSE(seen.ended);  // reading is off
  stream->SetReading(true);
  RUN_UNTIL(loop, seen.ended);
}

TEST_F(StreamEndingTest, AClosedStreamTakesCallsAndSaysNothing) {
  stream->SetReading(true);
  stream->End(StreamEnd::kClean);
  peer.Close();
  RUN_UNTIL(loop, seen.closed);
  const Events before = seen.events;
  stream->SetReading(false);
  stream->SetReading(true);
  EXPECT_TRUE(stream->Write(Bytes(loop, "abc")));
  stream->End(StreamEnd::kTruncated);
  stream->SetHandler(&seen);
  stream->Abort();
  stream->Abort();
  Turn(loop);
  EXPECT_EQ(seen.events, before);
  EXPECT_EQ(stream->queued(), 0U);
}

// --- Resets.

TEST_F(StreamEndingTest, AResetIsToldApartFromAnEndAndNothingReceivedIsLost) {
  peer.Send("hello");
  ResetByPeer();
  stream->SetReading(true);
  RUN_UNTIL(loop, seen.closed);
  EXPECT_EQ(seen.data, "hello");
  EXPECT_EQ(seen.error.code, ErrorCode::kReset);
  EXPECT_NE(seen.error.detail.find("reset by peer"), std::string::npos) << seen.error.detail;
  EXPECT_EQ(seen.events, Events({"data", "broken"}));
}

TEST_F(StreamEndingTest, AResetIsSeenWhileReading) {
  stream->SetReading(true);
  Turn(loop);
  peer.Reset();
  RUN_UNTIL(loop, seen.closed);
  EXPECT_EQ(seen.events, Events({"broken"}));
  EXPECT_EQ(seen.error.code, ErrorCode::kReset);
}

TEST_F(StreamEndingTest, AResetWithManyBytesBeforeIt) {
  const Acceptor acceptor;
  Peer wide(ConnectTo(acceptor.address));
  stream = TcpStream::Adopt(loop, acceptor.Accept()).value();
  stream->SetHandler(&seen);
  const std::string sent = Pattern(100'000);  // fits the receive buffer
  wide.Send(sent);
  wide.WaitUntilAcknowledged();
  wide.Reset();
  stream->SetReading(true);
  RUN_UNTIL(loop, seen.closed);
  EXPECT_TRUE(seen.data == sent) << seen.data.size();
  EXPECT_EQ(seen.events, Events({"data", "broken"}));
}

TEST_F(StreamEndingTest, AWriteIntoAResetTellsItLater) {
  ResetByPeer();
  EXPECT_TRUE(seen.events.empty());
  EXPECT_TRUE(stream->Write(Bytes(loop, "abc")));
  EXPECT_TRUE(stream->Write(Bytes(loop, "def")));
  EXPECT_TRUE(seen.events.empty());
  RUN_UNTIL(loop, seen.closed);
  EXPECT_EQ(seen.error.code, ErrorCode::kReset);
  EXPECT_EQ(loop.pool().in_use(), 0U);
}

TEST_F(StreamEndingTest, AFailedWriteDoesNotLoseWhatWasReceived) {
  peer.Send("hello");
  ResetByPeer();
  stream->Write(Bytes(loop, "abc"));  // consumes the socket error: from now on the kernel reports an end
  Turn(loop);
  EXPECT_TRUE(seen.events.empty());  // the received bytes are still unread
  stream->SetReading(true);
  RUN_UNTIL(loop, seen.closed);
  EXPECT_EQ(seen.events, Events({"data", "broken"}));
  EXPECT_EQ(seen.data, "hello");
  EXPECT_EQ(seen.error.code, ErrorCode::kReset);
}

TEST_F(StreamEndingTest, AFailedWriteWhileReadingDoesNotLoseWhatWasReceived) {
  stream->SetReading(true);
  peer.Send("hello");
  ResetByPeer();
  stream->Write(Bytes(loop, "abc"));
  RUN_UNTIL(loop, seen.closed);
  EXPECT_EQ(seen.events, Events({"data", "broken"}));
  EXPECT_EQ(seen.data, "hello");
}

TEST_F(StreamEndingTest, AResetWaitsForWhatWasLeft) {
  seen.on_data = [&](buffer::Chain& in) {
    seen.data += in.ToString().substr(0, 1);
    in.Consume(1);
    stream->SetReading(false);
  };
  stream->SetReading(true);
  peer.Send("abc");
  RUN_UNTIL(loop, seen.data == "a");
  ResetByPeer();
  stream->Write(Bytes(loop, "x"));
  for (const char* so_far : {"ab", "abc"}) {
    Turn(loop);
    EXPECT_FALSE(seen.closed);
    stream->SetReading(true);
    RUN_UNTIL(loop, seen.data == so_far);
  }
  RUN_UNTIL(loop, seen.closed);
  EXPECT_EQ(seen.error.code, ErrorCode::kReset);
}

TEST_F(StreamEndingTest, AResetIsSeenByTheQueueAndFreesIt) {
  Fill();
  EXPECT_GT(stream->queued(), 0U);
  peer.Reset();
  RUN_UNTIL(loop, seen.closed);
  EXPECT_EQ(seen.events, Events({"broken"}));
  EXPECT_EQ(seen.error.code, ErrorCode::kReset);
  EXPECT_EQ(stream->queued(), 0U);
  EXPECT_EQ(loop.pool().in_use(), 0U);
}

TEST_F(StreamEndingTest, AnEndIsTruthfulAlthoughAResetFollowsIt) {
  stream->SetReading(true);
  peer.Send("bye");
  peer.Close();
  RUN_UNTIL(loop, seen.ended);
  EXPECT_FALSE(seen.closed);
  stream->Write(Bytes(loop, "who is there?"));  // answered by a reset
  AwaitReset();
  stream->Write(Bytes(loop, "hello?"));
  RUN_UNTIL(loop, seen.closed);
  EXPECT_EQ(seen.events, Events({"data", "end", "broken"}));
  EXPECT_EQ(seen.error.code, ErrorCode::kReset);
}

TEST_F(StreamEndingTest, EndingOnAResetConnectionTellsTheReset) {
  ResetByPeer();
  stream->End(StreamEnd::kClean);
  EXPECT_FALSE(seen.closed);
  RUN_UNTIL(loop, seen.closed);
  EXPECT_EQ(seen.error.code, ErrorCode::kReset);
}

TEST_F(StreamEndingTest, AResetIsToldToTheHandlerThatComesLater) {
  stream->SetHandler(nullptr);
  ResetByPeer();
  stream->Write(Bytes(loop, "abc"));
  Turn(loop);
  stream->SetHandler(&seen);
  EXPECT_FALSE(seen.closed);
  RUN_UNTIL(loop, seen.closed);
  EXPECT_EQ(seen.error.code, ErrorCode::kReset);
}

// --- Abort.

TEST_F(StreamEndingTest, AbortResetsAtOnceAndIsNotTold) {
  stream->SetReading(true);
  Fill();
  stream->Abort();
  EXPECT_EQ(stream->queued(), 0U);
  while (peer.Next() == "data") {
  }
  EXPECT_EQ(peer.Next(), "end");  // after the error that ended the loop above
  Turn(loop);
  EXPECT_TRUE(seen.events.empty());
  EXPECT_EQ(loop.pool().in_use(), 0U);
}

TEST_F(StreamEndingTest, AbortWithoutAQueueIsAResetToo) {
  stream->Abort();
  EXPECT_EQ(peer.Next(), "ECONNRESET");
}

TEST_F(StreamEndingTest, AbortFromInsideEachCall) {
  seen.on_data = [&](buffer::Chain& in) {
    stream->Abort();
    EXPECT_EQ(in.ToString(), "abc");  // the handler may still read it
  };
  stream->SetReading(true);
  peer.Send("abc");
  peer.Shut();
  RUN_UNTIL(loop, !seen.events.empty());
  Turn(loop);
  EXPECT_EQ(seen.events, Events({"data"}));
  EXPECT_EQ(peer.Next(), "ECONNRESET");
}

TEST_F(StreamEndingTest, AbortFromInsideOnEnd) {
  seen.on_end = [&] { stream->Abort(); };
  stream->SetReading(true);
  peer.Shut();
  RUN_UNTIL(loop, seen.ended);
  Turn(loop);
  EXPECT_EQ(seen.events, Events({"end"}));
}

// --- Truncation passed on.

TEST_F(StreamEndingTest, ATruncatedEndIsAResetAfterTheLastByte) {
  stream->SetReading(true);
  stream->Write(Bytes(loop, "half a mess"));
  stream->End(StreamEnd::kTruncated);
  EXPECT_FALSE(seen.closed);
  RUN_UNTIL(loop, seen.closed);
  EXPECT_EQ(seen.events, Events({"closed"}));
  EXPECT_EQ(seen.error.code, ErrorCode::kNone);
  EXPECT_EQ(peer.Receive(11), "half a mess");
  EXPECT_EQ(peer.Next(), "ECONNRESET");
}

TEST_F(StreamEndingTest, ATruncatedEndWaitsForASlowPeer) {
  const size_t written = Fill();
  stream->End(StreamEnd::kTruncated);
  std::string received;
  RUN_UNTIL(loop, (received += peer.Available()).size() >= written);
  RUN_UNTIL(loop, seen.closed);
  std::string expected;
  while (expected.size() < written) expected += Pattern(32'768);
  EXPECT_TRUE(received == expected);
  EXPECT_EQ(peer.Next(), "ECONNRESET");
  EXPECT_EQ(seen.events, Events({"closed"}));
}

TEST_F(StreamEndingTest, ATruncatedEndGivesUpOnAPeerThatNeverTakesTheRest) {
  // Fits our send buffer but not the peer's receive buffer.
  stream->Write(Bytes(loop, Pattern(60'000)));
  ASSERT_EQ(stream->queued(), 0U);
  const auto start = Loop::Clock::now();
  stream->End(StreamEnd::kTruncated);
  RUN_UNTIL(loop, seen.closed);
  EXPECT_GE(Loop::Clock::now() - start, std::chrono::seconds(4));
  EXPECT_LT(Loop::Clock::now() - start, std::chrono::seconds(40));
  EXPECT_EQ(seen.events, Events({"closed"}));
}

TEST_F(StreamEndingTest, ATruncatedEndThatThePeerResetsFirst) {
  stream->Write(Bytes(loop, Pattern(60'000)));
  stream->End(StreamEnd::kTruncated);
  Turn(loop);
  peer.Reset();
  RUN_UNTIL(loop, seen.closed);
  EXPECT_EQ(seen.events, Events({"broken"}));
  EXPECT_EQ(seen.error.code, ErrorCode::kReset);
}

TEST_F(StreamEndingTest, ATruncatedEndStillReadsUntilItsReset) {
  stream->SetReading(true);
  stream->Write(Bytes(loop, Pattern(60'000)));
  stream->End(StreamEnd::kTruncated);
  peer.Send("meanwhile");
  RUN_UNTIL(loop, seen.data == "meanwhile");
  EXPECT_FALSE(seen.closed);
  size_t received = 0;
  RUN_UNTIL(loop, (received += peer.Available().size()) == 60'000);
  RUN_UNTIL(loop, seen.closed);
}

TEST_F(StreamEndingTest, AbortAndDestructionInMidTruncation) {
  stream->Write(Bytes(loop, Pattern(60'000)));
  stream->End(StreamEnd::kTruncated);
  Turn(loop);
  stream->Abort();
  Turn(loop);
  EXPECT_TRUE(seen.events.empty());

  const Acceptor acceptor;
  Peer other(ConnectTo(acceptor.address, 16'384));
  auto second = TcpStream::Adopt(loop, acceptor.Accept()).value();
  second->Write(Bytes(loop, Pattern(60'000)));
  second->End(StreamEnd::kTruncated);
  Turn(loop);
  second.reset();
  Turn(loop);
}

TEST_F(StreamEndingTest, DisposedOfInsideOnClosed) {
  seen.on_closed = [&] { loop.Dispose(std::move(stream)); };
  stream->SetReading(true);
  peer.Reset();
  RUN_UNTIL(loop, seen.closed);
  Turn(loop);
  EXPECT_EQ(stream, nullptr);
}

}  // namespace
}  // namespace starlock::net
