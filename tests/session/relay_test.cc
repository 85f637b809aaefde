// The relay between toy streams, streams in memory and TLS: what passes, what waits, and how each end shows.

#include "session/relay.h"

#include <gtest/gtest.h>

#include <vector>

#include "support/proxy_harness.h"
#include "support/stream_pair.h"
#include "tls/context.h"
#include "tls/identity.h"
#include "toy_stream.h"

namespace starlock::session {

using namespace test;  // NOLINT(google-build-using-namespace)
namespace {

using buffer::StreamEnd;

constexpr Side kSides[] = {Side::kClient, Side::kServer};

const char* Name(Side side) { return side == Side::kClient ? "client" : "server"; }

/// Records what a relay tells.
struct Told final : RelayOwner {
  void OnMoved(Side from, size_t bytes) override { moved[protocol::Index(from)] += bytes; }
  void OnTruncated(Side side) override { truncated.push_back(side); }
  void OnLegClosed(Side side, const Closing& closing) override { closed.emplace_back(side, closing); }

  size_t moved[2] = {0, 0};
  std::vector<Side> truncated;
  std::vector<std::pair<Side, Closing>> closed;
};

/// A relay between two toy streams.
class RelayTest : public testing::Test {
 protected:
  explicit RelayTest(Legs::HangUp hang_up = Legs::HangUp::kClient) : legs(loop, hang_up), relay(told, loop, legs) {
    for (const Side side : kSides) legs[side].Open(toy(side).Make());
    legs.SetOwner(relay);
  }

  Toy& toy(Side side) { return toys[protocol::Index(side)]; }
  Toy& other(Side side) { return toy(protocol::Other(side)); }
  size_t moved(Side side) const { return told.moved[protocol::Index(side)]; }
  void Show(Side side, std::string_view bytes) { toy(side).Show(loop.pool(), bytes); }

  net::Loop loop;
  Toy toys[2];
  Told told;
  Legs legs;
  Relay relay;
};

TEST_F(RelayTest, PassesAndCountsBothDirections) {
  relay.Start();
  for (const Side side : kSides) EXPECT_TRUE(toy(side).reading);
  Show(Side::kClient, "up");
  Show(Side::kServer, "downwards");
  EXPECT_EQ(toy(Side::kServer).written, "up");
  EXPECT_EQ(toy(Side::kClient).written, "downwards");
  EXPECT_EQ(moved(Side::kClient), 2U);
  EXPECT_EQ(moved(Side::kServer), 9U);
}

TEST_F(RelayTest, BeginsWithInputThatIsUnused) {
  buffer::Chain in;
  in.Copy(loop.pool(), "left by the dialogue");
  legs[Side::kClient].Offer(in);
  relay.Start();
  EXPECT_EQ(toy(Side::kServer).written, "left by the dialogue");
  EXPECT_EQ(moved(Side::kClient), 20U);
  EXPECT_TRUE(in.empty());
  EXPECT_TRUE(legs[Side::kClient].input().empty());
}

TEST_F(RelayTest, BeginsCongestedWithReadingPaused) {
  toy(Side::kServer).room = false;
  buffer::Chain in;
  in.Copy(loop.pool(), "more than fits");
  legs[Side::kClient].Offer(in);
  relay.Start();
  EXPECT_FALSE(toy(Side::kClient).reading);
  EXPECT_TRUE(toy(Side::kServer).reading);
}

TEST_F(RelayTest, PassesOnAnEndThatCameBefore) {
  toy(Side::kClient).handler->OnEnd(StreamEnd::kClean);
  toy(Side::kServer).end.reset();
  relay.Start();
  EXPECT_EQ(toy(Side::kServer).end, StreamEnd::kClean);
  EXPECT_FALSE(toy(Side::kClient).end);
}

TEST_F(RelayTest, AsksForBytesInTheShapeThatTheOtherStreamNeeds) {
  toy(Side::kServer).shape = {5, 17, 16384};
  relay.Start();
  EXPECT_EQ(toy(Side::kClient).asked, toy(Side::kServer).shape);
  EXPECT_EQ(toy(Side::kClient).sink, toy(Side::kServer).stream);
  EXPECT_EQ(toy(Side::kServer).sink, toy(Side::kClient).stream);
}

TEST_F(RelayTest, ReadsNoFasterThanTheOtherSideTakes) {
  relay.Start();
  for (const Side side : kSides) {
    SCOPED_TRACE(Name(side));
    other(side).room = false;
    Show(side, "x");
    EXPECT_FALSE(toy(side).reading);
    EXPECT_TRUE(other(side).reading) << "the other direction goes on";
    other(side).handler->OnWritable();
    EXPECT_TRUE(toy(side).reading);
    other(side).room = true;
  }
}

TEST_F(RelayTest, CountsWhatTheKernelPassed) {
  relay.Start();
  toy(Side::kServer).handler->OnPassed(1000, true);
  EXPECT_EQ(moved(Side::kServer), 1000U);
  EXPECT_TRUE(toy(Side::kServer).reading);
  toy(Side::kServer).handler->OnPassed(500, false);
  EXPECT_EQ(moved(Side::kServer), 1500U);
  EXPECT_FALSE(toy(Side::kServer).reading);
}

TEST_F(RelayTest, AnEndTravelsAndTheOtherDirectionGoesOn) {
  relay.Start();
  for (const Side side : kSides) {
    SCOPED_TRACE(Name(side));
    EXPECT_FALSE(other(side).end);
    toy(side).handler->OnEnd(StreamEnd::kClean);
    EXPECT_EQ(other(side).end, StreamEnd::kClean);
    if (side == Side::kClient) {
      Show(Side::kServer, "after the client's end");
      EXPECT_EQ(toy(Side::kClient).written, "after the client's end");
    }
  }
  EXPECT_TRUE(told.truncated.empty());
  toy(Side::kClient).handler->OnClosed({});
  toy(Side::kServer).handler->OnClosed({});
  ASSERT_EQ(told.closed.size(), 2U);
  for (const auto& [side, closing] : told.closed) EXPECT_TRUE(closing.in_order) << Name(side);
  EXPECT_FALSE(legs.any_open());
}

TEST_F(RelayTest, ATruncatedEndTravelsAsOne) {
  relay.Start();
  for (const Side side : kSides) {
    SCOPED_TRACE(Name(side));
    other(side).queued = 1;  // so that nobody can have hung up
    toy(side).queued = 1;
    toy(side).handler->OnEnd(StreamEnd::kTruncated);
    EXPECT_EQ(other(side).end, StreamEnd::kTruncated);
    ASSERT_FALSE(told.truncated.empty());
    EXPECT_EQ(told.truncated.back(), side);
  }
}

TEST_F(RelayTest, AResetClosesItsLegAndNoOther) {
  relay.Start();
  toy(Side::kServer).handler->OnClosed({ErrorCode::kReset, "connection lost"});
  ASSERT_EQ(told.closed.size(), 1U);
  const auto& [side, closing] = told.closed.front();
  EXPECT_EQ(side, Side::kServer);
  EXPECT_EQ(closing.error.code, ErrorCode::kReset);
  EXPECT_FALSE(closing.in_order || closing.hung_up);
  EXPECT_FALSE(legs[Side::kServer].open());
  EXPECT_TRUE(legs[Side::kClient].open());
  EXPECT_EQ(toy(Side::kClient).sink, nullptr) << "its sink is about to be destroyed";
  EXPECT_FALSE(toy(Side::kClient).end) << "what follows is for the owner to decide";
}

TEST_F(RelayTest, AConnectionThatClosesWithoutAnEndIsNotInOrder) {
  relay.Start();
  toy(Side::kServer).handler->OnClosed({});
  ASSERT_EQ(told.closed.size(), 1U);
  EXPECT_FALSE(told.closed.front().second.in_order);
}

TEST_F(RelayTest, WhatNobodyGetsIsNotCounted) {
  relay.Start();
  Show(Side::kServer, "one");
  toy(Side::kClient).handler->OnClosed({ErrorCode::kReset, "connection lost"});
  Show(Side::kServer, "two");
  EXPECT_EQ(moved(Side::kServer), 3U);
  EXPECT_EQ(toy(Side::kClient).written, "one");
}

TEST_F(RelayTest, AClientThatHasEverythingMayHangUp) {
  relay.Start();
  toy(Side::kServer).handler->OnEnd(StreamEnd::kClean);
  toy(Side::kClient).handler->OnEnd(StreamEnd::kTruncated);
  EXPECT_TRUE(told.truncated.empty());
  toy(Side::kClient).handler->OnClosed({ErrorCode::kReset, "connection lost"});
  ASSERT_EQ(told.closed.size(), 1U);
  EXPECT_TRUE(told.closed.front().second.hung_up);
}

TEST_F(RelayTest, AClientThatHasYetToTakeSomethingDoesNotHangUp) {
  relay.Start();
  toy(Side::kServer).handler->OnEnd(StreamEnd::kClean);
  toy(Side::kClient).queued = 1;
  toy(Side::kClient).handler->OnEnd(StreamEnd::kTruncated);
  EXPECT_EQ(told.truncated, std::vector{Side::kClient});
  toy(Side::kClient).handler->OnClosed({ErrorCode::kReset, "connection lost"});
  ASSERT_EQ(told.closed.size(), 1U);
  EXPECT_FALSE(told.closed.front().second.hung_up);
}

// Its answer would be cut.
TEST_F(RelayTest, AServerMayNotHangUp) {
  relay.Start();
  toy(Side::kClient).handler->OnEnd(StreamEnd::kClean);
  toy(Side::kServer).handler->OnEnd(StreamEnd::kTruncated);
  EXPECT_EQ(told.truncated, std::vector{Side::kServer});
}

class DataRelayTest : public RelayTest {
 protected:
  DataRelayTest() : RelayTest(Legs::HangUp::kEither) {}
};

TEST_F(DataRelayTest, OnADataConnectionEitherMayHangUp) {
  relay.Start();
  toy(Side::kClient).handler->OnEnd(StreamEnd::kClean);
  toy(Side::kServer).handler->OnEnd(StreamEnd::kTruncated);
  EXPECT_TRUE(told.truncated.empty());
  EXPECT_EQ(toy(Side::kClient).end, StreamEnd::kTruncated) << "it is passed on as it is all the same";
}

/// Reads all that comes, when it is told to.
struct Reader : tls::TlsHandler {
  void OnData(buffer::Chain& in) override {
    received += in.ToString();
    in.Clear();
  }
  void OnWritable() override {}
  void OnEnd(StreamEnd how) override { end = how; }
  void OnClosed(const Error& error) override { closed = error.code; }
  void OnHandshake(const tls::TlsInfo&) override { handshaken = true; }

  std::string received;
  std::optional<StreamEnd> end;
  std::optional<ErrorCode> closed;
  bool handshaken = false;
};

/// A relay between two connections in memory, each with a peer at its far end (PairEnd `a`).
class WireTest : public testing::Test {
 protected:
  static constexpr size_t kHigh = 4096;
  static constexpr size_t kSegment = 1024;

  WireTest() : legs(loop, Legs::HangUp::kClient), relay(told, loop, legs) {
    for (const Side side : kSides) {
      legs[side].Open(std::move(pair(side).b));
      pair(side).a->SetHandler(&reader(side));
    }
    legs.SetOwner(relay);
  }

  StreamPair& pair(Side side) { return side == Side::kClient ? client : server; }
  Reader& reader(Side side) { return readers[protocol::Index(side)]; }
  void Send(Side side, std::string_view bytes) {
    buffer::Chain chain;
    chain.Copy(loop.pool(), bytes);
    pair(side).a->Write(std::move(chain));
  }

  FakeLoop wire;  // outlives the loop, which destroys the streams that were disposed of
  net::Loop loop;
  PairOptions options{.segment = kSegment, .cuts = {}, .kernel = 2048, .high_mark = kHigh, .low_mark = 1024};
  StreamPair client{wire, options};
  StreamPair server{wire, options};
  Reader readers[2];
  Told told;
  Legs legs;
  Relay relay;
};

TEST_F(WireTest, ASlowReaderIsWaitedForAndGetsEverything) {
  const std::string much = Pattern(size_t{512} * 1024);
  for (const Side side : kSides) {
    SCOPED_TRACE(Name(side));
    const Side slow = protocol::Other(side);
    relay.Start();
    Send(side, much);
    ASSERT_TRUE(wire.Run());
    EXPECT_GT(legs[slow].queued(), 0U);
    EXPECT_LE(legs[slow].queued(), kHigh + kSegment) << "no more is held than one read above the high mark";
    EXPECT_EQ(reader(slow).received, "");
    pair(slow).a->SetReading(true);
    ASSERT_TRUE(wire.Run());
    EXPECT_TRUE(reader(slow).received == much);
    EXPECT_EQ(legs[slow].queued(), 0U);
    EXPECT_EQ(told.moved[protocol::Index(side)], much.size());
  }
}

TEST_F(WireTest, HalfCloseUntilBothHaveEnded) {
  relay.Start();
  for (const Side side : kSides) pair(side).a->SetReading(true);
  Send(Side::kClient, "request");
  client.a->End(StreamEnd::kClean);
  ASSERT_TRUE(wire.Run());
  EXPECT_EQ(reader(Side::kServer).received, "request");
  EXPECT_EQ(reader(Side::kServer).end, StreamEnd::kClean);
  EXPECT_TRUE(told.closed.empty());
  Send(Side::kServer, "a late answer");
  server.a->End(StreamEnd::kClean);
  ASSERT_TRUE(wire.Run());
  EXPECT_EQ(reader(Side::kClient).received, "a late answer");
  ASSERT_EQ(told.closed.size(), 2U);
  for (const auto& [side, closing] : told.closed) EXPECT_TRUE(closing.in_order) << Name(side);
}

TEST_F(WireTest, AReset) {
  relay.Start();
  for (const Side side : kSides) pair(side).a->SetReading(true);
  Send(Side::kServer, "half");
  ASSERT_TRUE(wire.Run());
  server.a->Abort();
  ASSERT_TRUE(wire.Run());
  EXPECT_EQ(reader(Side::kClient).received, "half");
  ASSERT_EQ(told.closed.size(), 1U);
  EXPECT_EQ(told.closed.front().second.error.code, ErrorCode::kReset);
  EXPECT_FALSE(reader(Side::kClient).end) << "the server's reset is not an end";
}

/// The same with TLS on one leg; our role is the one that the leg has in a session.
class TlsRelayTest : public WireTest, public testing::WithParamInterface<Side> {
 protected:
  void Secure(Side side) {
    const pki::PemPair& pem = Pki::Get().good;
    tls::ServerSettings accept;
    accept.identities = {std::move(tls::Identity::FromPem(pem.chain, pem.key)).value()};
    accepting = std::move(tls::ServerContext::Create(accept)).value();
    tls::ClientSettings connect;
    connect.server_name = "localhost";
    connect.verify = Verify::kNone;
    connecting = std::move(tls::ClientContext::Create(connect)).value();
    Leg& leg = legs[side];
    auto& lower = pair(side).a;
    if (side == Side::kClient) {
      leg.Accept(*accepting, loop.pool(), wire, false);
      peer = tls::TlsStream::Connect(*connecting, loop.pool(), wire, std::move(lower), &reader(side));
    } else {
      leg.Connect(*connecting, loop.pool(), wire, false, nullptr);
      peer = tls::TlsStream::Accept(*accepting, loop.pool(), wire, std::move(lower), {}, &reader(side));
    }
    peer->SetReading(true);
    ASSERT_TRUE(wire.Run());
    ASSERT_TRUE(reader(side).handshaken);
  }

  void Write(std::string_view bytes) {
    buffer::Chain chain;
    chain.Copy(loop.pool(), bytes);
    peer->Write(std::move(chain));
  }

  std::unique_ptr<tls::ServerContext> accepting;
  std::unique_ptr<tls::ClientContext> connecting;
  std::unique_ptr<tls::TlsStream> peer;
};

TEST_P(TlsRelayTest, AProperEndInsideTlsIsCleanOnThePlainLeg) {
  const Side side = GetParam();
  const Side plain = protocol::Other(side);
  Secure(side);
  relay.Start();
  pair(plain).a->SetReading(true);
  Write("sealed");
  peer->End(StreamEnd::kClean);
  ASSERT_TRUE(wire.Run());
  EXPECT_EQ(reader(plain).received, "sealed");
  EXPECT_EQ(reader(plain).end, StreamEnd::kClean);
  EXPECT_TRUE(told.truncated.empty());
}

TEST_P(TlsRelayTest, ACutOnThePlainLegIsNoCloseNotify) {
  const Side side = GetParam();
  const Side plain = protocol::Other(side);
  Secure(side);
  Toy toy;
  legs.Replace(plain);
  legs[plain].Open(toy.Make());
  relay.Start();
  toy.Show(loop.pool(), "half");
  toy.queued = 1;
  toy.handler->OnEnd(StreamEnd::kTruncated);
  ASSERT_TRUE(wire.Run());
  EXPECT_EQ(reader(side).received, "half");
  EXPECT_EQ(reader(side).end, StreamEnd::kTruncated);
  EXPECT_EQ(told.truncated, std::vector{plain});
}

TEST_P(TlsRelayTest, ACutInsideTlsIsPassedOn) {
  const Side side = GetParam();
  const Side plain = protocol::Other(side);
  Secure(side);
  Toy toy;
  legs.Replace(plain);
  legs[plain].Open(toy.Make());
  relay.Start();
  Write("half");
  peer->End(StreamEnd::kTruncated);
  ASSERT_TRUE(wire.Run());
  EXPECT_EQ(toy.written, "half");
  EXPECT_EQ(toy.end, StreamEnd::kTruncated);
  EXPECT_EQ(told.truncated, std::vector{side});
}

INSTANTIATE_TEST_SUITE_P(Tls, TlsRelayTest, testing::ValuesIn(kSides),
                         [](const auto& test) { return std::string(Name(test.param)); });

}  // namespace
}  // namespace starlock::session
