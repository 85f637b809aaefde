// One that moves much beside one that asks and answers.

#include <memory>
#include <string>
#include <vector>

#include "harness.h"

namespace starlock::net {
namespace {

/// Bulk, which was there first, and another.
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
    share = loop.ReadingShare(1000, 10);
    in.Clear();
  }

  std::unique_ptr<Peer> small_peer;
  std::unique_ptr<TcpStream> small;
  Recorder from_small;
  std::string order;
  std::vector<size_t> sizes;  ///< what was shown at once
  size_t share = 0;           ///< of 1000 bytes, when it was shown
};

// Sent before the few bytes, and by who was first.
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

// They are what an answer ends with, and nobody's question.
TEST_F(StreamFairnessTest, FewBytesBehindBulkHoldNoBulkUp) {
  ReadBulk();
  EXPECT_EQ(share, 1000U);
  peer.Send("!");
  RUN_UNTIL(loop, order == "BB");
  EXPECT_EQ(share, 1000U);
  peer.Send("?");  // but it does not go on for ever
  RUN_UNTIL(loop, order == "BBB");
  EXPECT_EQ(share, 5U);
}

TEST_F(StreamFairnessTest, BulkIsReadInSmallerPiecesBesideFewBytes) {
  ReadBulk();
  peer.Send(Pattern(TcpStream::kLeastOffer));
  peer.WaitUntilAcknowledged();
  small_peer->Send("?");
  small_peer->WaitUntilAcknowledged();
  RUN_UNTIL(loop, order.size() >= 3);
  EXPECT_EQ(order.substr(0, 3), "BsB");
  EXPECT_EQ(sizes[2], TcpStream::kLeastOffer / 2);
}

}  // namespace
}  // namespace starlock::net
