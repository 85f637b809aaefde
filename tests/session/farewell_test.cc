// How legs are seen off: what is written still arrives, who got no goodbye sees a cut, and nobody is waited for in
// vain.

#include "session/farewell.h"

#include <gtest/gtest.h>

#include "toy_stream.h"

namespace starlock::session {
namespace {

using buffer::StreamEnd;

class FarewellTest : public testing::Test {
 protected:
  FarewellTest() : legs(loop, Legs::HangUp::kClient) {
    legs[Side::kClient].Open(client.Make());
    legs[Side::kServer].Open(server.Make());
  }

  void Begin(Farewell::Options options) {
    farewell = std::make_unique<Farewell>(loop, legs, options, [this] {
      ++over;
      loop.Stop();
    });
    legs.SetOwner(*farewell);
    farewell->Start();
  }

  net::Loop loop;
  Toy client, server;
  Legs legs;
  std::unique_ptr<Farewell> farewell;
  int over = 0;
};

TEST_F(FarewellTest, AClientThatWasToldEndsCleanAndTheServerIsCut) {
  Begin({.client_told = true});
  EXPECT_EQ(client.end, StreamEnd::kClean);
  EXPECT_EQ(server.end, StreamEnd::kTruncated);
  EXPECT_TRUE(client.reading && server.reading) << "unread input would turn the close into a reset";
}

TEST_F(FarewellTest, AClientThatWasNotToldIsCut) {
  Begin({});
  EXPECT_EQ(client.end, StreamEnd::kTruncated);
}

TEST_F(FarewellTest, DropsInputAndIsOverWhenBothHaveClosed) {
  buffer::Chain in;
  in.Copy(loop.pool(), "held");
  legs[Side::kClient].Offer(in);
  Begin({});
  EXPECT_TRUE(legs[Side::kClient].input().empty());
  client.Show(loop.pool(), "more");
  EXPECT_EQ(server.written, "");
  client.handler->OnClosed({});
  EXPECT_EQ(over, 0);
  server.handler->OnClosed({ErrorCode::kReset, "connection lost"});
  EXPECT_EQ(over, 1);
  EXPECT_FALSE(legs.any_open());
}

TEST_F(FarewellTest, APeerThatStillSendsIsResetWhereThatIsWanted) {
  legs.Close(Side::kClient);
  Begin({.reset_on_input = true});
  server.Show(loop.pool(), "for nobody");
  EXPECT_TRUE(server.aborted);
  EXPECT_EQ(over, 1);
}

TEST_F(FarewellTest, APeerThatTakesItsBytesIsWaitedForAndThenTheServerIsCut) {
  client.queued = 100;
  Begin({.client_told = true});
  const auto began = net::Loop::Clock::now();
  client.queued = 99;
  loop.Run();
  EXPECT_EQ(over, 1);
  EXPECT_GE(net::Loop::Clock::now() - began, std::chrono::milliseconds(3990)) << "two periods of two seconds";
  EXPECT_FALSE(client.aborted) << "a close delivers what the kernel has, a reset may not";
  EXPECT_TRUE(server.aborted);
}

TEST_F(FarewellTest, APeerThatTakesItsBytesSlowlyIsNotWaitedForForEver) {
  client.queued = 1'000'000;
  net::Timer sip(loop, [&] {
    --client.queued;
    sip.Start(std::chrono::milliseconds(100));
  });
  sip.Start(std::chrono::milliseconds(100));
  Begin({.client_told = true, .longest = std::chrono::milliseconds(3000)});
  const auto began = net::Loop::Clock::now();
  loop.Run();
  EXPECT_EQ(over, 1);
  EXPECT_LT(net::Loop::Clock::now() - began, std::chrono::seconds(10)) << "two periods of two seconds";
}

}  // namespace
}  // namespace starlock::session
