// A bulk transfer beside an interactive connection.

#include <memory>
#include <string>
#include <vector>

#include "harness.h"
#include "net/loop_impl.h"

namespace starlock::net {
namespace {

/// A bulk transfer, which was opened first, and an interactive connection.
class StreamFairnessTest : public StreamTest {
 protected:
  StreamFairnessTest() {
    const Acceptor acceptor;
    small_peer = std::make_unique<Peer>(ConnectTo(acceptor.address));
    small = TcpStream::Adopt(loop, acceptor.Accept()).value();
    seen.on_data = [this](buffer::Chain& in) { Take('B', in); };
    from_small.on_data = [this](buffer::Chain& in) { Take('s', in); };
    stream->SetHandler(&seen);
    small->SetHandler(&from_small);
    small->SetReading(true);
    stream->SetReading(true);
  }

  void ReadBulk() {
    peer.Send(Pattern(32768));
    peer.WaitUntilAcknowledged();
    RUN_UNTIL(loop, order == "B");
  }

  void Take(char who, buffer::Chain& in) {
    order += who;
    sizes.push_back(in.size());
    share = loop.impl().reads.Share(1000, 10, loop.now());
    in.Clear();
  }

  std::unique_ptr<Peer> small_peer;
  std::unique_ptr<TcpStream> small;
  Recorder from_small;
  std::string order;
  std::vector<size_t> sizes;  ///< bytes per OnData
  size_t share = 0;           ///< the read share of 1000 bytes at the last OnData
};

// The bulk bytes were sent first, on the connection that was opened first.
TEST_F(StreamFairnessTest, FewBytesComeBeforeBulk) {
  ReadBulk();
  peer.Send(Pattern(32768));
  peer.WaitUntilAcknowledged();
  small_peer->Send("?");
  small_peer->WaitUntilAcknowledged();
  RUN_UNTIL(loop, order.size() >= 3);
  EXPECT_EQ(order.substr(0, 3), "BsB");
}

TEST_F(StreamFairnessTest, WhoHasToSendMuchIsBulkToo) {
  stream->Write(Bytes(loop, Pattern(size_t{8} << 20)));
  ASSERT_GT(stream->queued(), 0U);
  peer.Send("!");
  peer.WaitUntilAcknowledged();
  small_peer->Send("?");
  small_peer->WaitUntilAcknowledged();
  RUN_UNTIL(loop, order.size() >= 2);
  EXPECT_EQ(order, "sB");
}

TEST_F(StreamFairnessTest, WhatWasBulkIsNoneOnceItReadsLittle) {
  ReadBulk();
  peer.Send("!");
  RUN_UNTIL(loop, order == "BB");
  peer.Send("!");
  peer.WaitUntilAcknowledged();
  small_peer->Send("?");
  small_peer->WaitUntilAcknowledged();
  RUN_UNTIL(loop, order.size() == 4);
  EXPECT_EQ(order, "BBBs");
}

// A short read at the end of a bulk transfer is not interactive.
TEST_F(StreamFairnessTest, FewBytesBehindBulkHoldNoBulkUp) {
  ReadBulk();
  EXPECT_EQ(share, 1000U);
  peer.Send("!");
  RUN_UNTIL(loop, order == "BB");
  EXPECT_EQ(share, 1000U);
  peer.Send("?");  // the next short read is
  RUN_UNTIL(loop, order == "BBB");
  EXPECT_EQ(share, 5U);
}

TEST_F(StreamFairnessTest, BulkIsReadInSmallerPiecesBesideFewBytes) {
  ReadBulk();
  peer.Send(Pattern(TcpStream::kMinReceive));
  peer.WaitUntilAcknowledged();
  small_peer->Send("?");
  small_peer->WaitUntilAcknowledged();
  RUN_UNTIL(loop, order.size() >= 3);
  EXPECT_EQ(order.substr(0, 3), "BsB");
  EXPECT_EQ(sizes[2], TcpStream::kMinReceive / 2);
}

}  // namespace
}  // namespace starlock::net
