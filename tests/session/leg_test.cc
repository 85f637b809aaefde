#include "session/leg.h"

#include <gtest/gtest.h>

#include "buffer/executor.h"
#include "buffer/slab.h"
#include "support/proxy_harness.h"
#include "tls/context.h"
#include "tls/identity.h"
#include "toy_stream.h"

namespace starlock::session {

using namespace test;  // NOLINT(google-build-using-namespace)
namespace {

struct Nobody final : LegOwner {
  void OnData(Side, buffer::Chain&) override {}
  void OnWritable(Side) override { ++writable; }
  void OnEnd(Side) override { ++ends; }
  void OnClosed(Side, const Error&) override {}
  void OnHandshake(Side, const tls::TlsInfo&) override {}

  int writable = 0;
  int ends = 0;
};

struct Later final : buffer::Executor {
  void Defer(std::function<void()>) override {}
};

class LegTest : public testing::Test {
 protected:
  LegTest() {
    leg.Open(toy.Make());
    leg.stream()->SetReading(true);
  }

  buffer::Chain Bytes(size_t size) {
    buffer::Chain chain;
    chain.Copy(pool, Pattern(size));
    return chain;
  }
  /// Offers `in`, and lets go of it.
  void Take(buffer::Chain& in) {
    leg.Offer(in);
    leg.input().Keep();
  }

  buffer::SlabPool pool{64 * 1024, 4};
  net::Loop loop;
  Nobody nobody;
  Toy toy;
  Leg leg{Side::kClient, &nobody};
};

TEST_F(LegTest, TakesWhatArrives) {
  buffer::Chain in = Bytes(100);
  Take(in);
  EXPECT_TRUE(in.empty());
  EXPECT_EQ(leg.input().view(), Pattern(100));
  EXPECT_TRUE(toy.reading);
}

TEST_F(LegTest, OneByteBelowTheLimitItReadsOn) {
  buffer::Chain in = Bytes(Input::kMax - 1);
  Take(in);
  EXPECT_TRUE(in.empty());
  EXPECT_TRUE(toy.reading);
}

TEST_F(LegTest, AtTheLimitItPauses) {
  buffer::Chain in = Bytes(Input::kMax);
  Take(in);
  EXPECT_TRUE(in.empty());
  EXPECT_EQ(leg.input().view().size(), Input::kMax);
  EXPECT_FALSE(toy.reading);
}

TEST_F(LegTest, BeyondItTheRestStaysInTheChain) {
  buffer::Chain in = Bytes(Input::kMax + 5000);
  Take(in);
  EXPECT_EQ(in.size(), 5000U);
  EXPECT_EQ(leg.input().view().size(), Input::kMax);
  EXPECT_FALSE(toy.reading) << "the stream requires it if bytes are left";
  leg.Use(1);
  EXPECT_TRUE(toy.reading);
  Take(in);
  EXPECT_EQ(in.size(), 4999U);
  EXPECT_FALSE(toy.reading);
  leg.Use(Input::kMax);
  EXPECT_TRUE(leg.input().empty());
  Take(in);
  EXPECT_EQ(leg.input().view(), Pattern(Input::kMax + 5000).substr(Input::kMax + 1));
}

TEST_F(LegTest, UsingNothingChangesNothing) {
  buffer::Chain in = Bytes(Input::kMax);
  Take(in);
  leg.Use(0);
  EXPECT_FALSE(toy.reading);
}

TEST_F(LegTest, DiscardingItTakesNothingAndReadsOn) {
  buffer::Chain in = Bytes(Input::kMax + 5000);
  Take(in);
  leg.Discard();
  EXPECT_TRUE(leg.input().empty());
  EXPECT_TRUE(toy.reading) << "the peer's end is still to come";
  Take(in);
  EXPECT_TRUE(in.empty());
  EXPECT_TRUE(leg.input().empty());
}

TEST_F(LegTest, RemembersThatItsOutputWaits) {
  leg.Write(pool, "one");
  EXPECT_FALSE(leg.congested());
  toy.room = false;
  leg.Write(pool, "two");
  EXPECT_TRUE(leg.congested());
  leg.Write(pool, "");
  EXPECT_TRUE(leg.congested()) << "nothing was written, so nothing has changed";
  EXPECT_EQ(toy.written, "onetwo");
  toy.handler->OnWritable();
  EXPECT_FALSE(leg.congested());
  EXPECT_EQ(nobody.writable, 1);
}

TEST_F(LegTest, WritesNothingOnceItIsFinished) {
  toy.room = false;
  EXPECT_EQ(leg.Write(pool, "one"), 3U);
  leg.Finish(buffer::StreamEnd::kTruncated);
  EXPECT_EQ(toy.end, buffer::StreamEnd::kTruncated);
  EXPECT_TRUE(leg.finished());
  EXPECT_FALSE(leg.congested()) << "a stream that is ending does not report room";
  EXPECT_EQ(leg.Write(pool, "two"), 0U);
  EXPECT_EQ(toy.written, "one");
}

TEST_F(LegTest, KnowsThePeersEnd) {
  EXPECT_FALSE(leg.end());
  toy.handler->OnEnd(buffer::StreamEnd::kTruncated);
  EXPECT_EQ(leg.end(), buffer::StreamEnd::kTruncated);
  EXPECT_EQ(nobody.ends, 1);
}

TEST_F(LegTest, ClosedItHearsNothingAndWritesNothing) {
  buffer::Chain in = Bytes(100);
  Take(in);
  leg.Close(loop);
  EXPECT_EQ(toy.handler, nullptr);
  EXPECT_FALSE(leg.open());
  EXPECT_EQ(leg.state(), Leg::State::kClosed);
  EXPECT_TRUE(leg.input().empty());
  EXPECT_EQ(leg.Write(pool, "one"), 0U);
  EXPECT_EQ(leg.queued(), 0U);
}

// The stream below TLS does not report room to the leg, which would wait for ever.
TEST_F(LegTest, BeginsTlsUncongested) {
  const pki::PemPair& pem = Pki::Get().good;
  tls::ServerSettings settings;
  settings.identities = {std::move(tls::Identity::FromPem(pem.chain, pem.key)).value()};
  auto context = std::move(tls::ServerContext::Create(settings)).value();
  toy.room = false;
  leg.Write(pool, "220 go\r\n");
  ASSERT_TRUE(leg.congested());
  buffer::Chain in;
  in.Copy(pool, "\x16");
  Take(in);
  Later later;
  EXPECT_EQ(leg.state(), Leg::State::kPlain);
  leg.Accept(*context, pool, later, true);
  EXPECT_FALSE(leg.congested());
  EXPECT_EQ(leg.state(), Leg::State::kHandshaking);
  EXPECT_TRUE(leg.upgraded());
  EXPECT_TRUE(leg.input().empty());
  leg.Close(loop);
}

}  // namespace
}  // namespace starlock::session
