#include "session/leg.h"

#include <gtest/gtest.h>

#include "buffer/executor.h"
#include "buffer/slab.h"
#include "support/proxy_harness.h"
#include "tls/context.h"
#include "tls/identity.h"

namespace starlock::session {

using namespace test;  // NOLINT(google-build-using-namespace)
namespace {

/// A stream that only notes what is asked of it.
class NotedStream final : public buffer::Stream {
 public:
  struct Notes {
    bool reading = false;
    int switched = 0;  ///< how often reading was set
    bool room = true;  ///< what Write says
    std::string written;
  };

  explicit NotedStream(Notes& notes) : notes_(notes) {}
  void SetHandler(buffer::StreamHandler*) override {}
  void SetReading(bool on) override {
    notes_.reading = on;
    ++notes_.switched;
  }
  bool Write(buffer::Chain bytes) override {
    notes_.written += bytes.ToString();
    return notes_.room;
  }
  void End(buffer::StreamEnd) override {}
  void Abort() override {}
  size_t queued() const override { return 0; }

 private:
  Notes& notes_;
};

struct Nobody final : LegOwner {
  void OnData(Side, buffer::Chain&) override {}
  void OnWritable(Side) override {}
  void OnEnd(Side, buffer::StreamEnd) override {}
  void OnClosed(Side, const Error&) override {}
  void OnHandshake(Side, const tls::TlsInfo&) override {}
};

struct Later final : buffer::Executor {
  void Defer(std::function<void()>) override {}
};

class LegTest : public testing::Test {
 protected:
  LegTest() {
    leg.stream = std::make_unique<NotedStream>(notes);
    leg.stream->SetReading(true);
  }

  buffer::Chain Bytes(size_t size) {
    buffer::Chain chain;
    chain.Copy(pool, Pattern(size));
    return chain;
  }

  buffer::SlabPool pool{64 * 1024, 4};
  Nobody nobody;
  NotedStream::Notes notes;
  Leg leg{nobody, Side::kClient};
};

TEST_F(LegTest, TakesWhatComes) {
  buffer::Chain in = Bytes(100);
  leg.Take(in);
  EXPECT_TRUE(in.empty());
  EXPECT_EQ(leg.input, Pattern(100));
  EXPECT_TRUE(notes.reading);
}

TEST_F(LegTest, OneByteBelowTheBoundItReadsOn) {
  buffer::Chain in = Bytes(Leg::kMaxInput - 1);
  leg.Take(in);
  EXPECT_TRUE(in.empty());
  EXPECT_TRUE(notes.reading);
}

TEST_F(LegTest, AtTheBoundItPauses) {
  buffer::Chain in = Bytes(Leg::kMaxInput);
  leg.Take(in);
  EXPECT_TRUE(in.empty());
  EXPECT_EQ(leg.input.size(), Leg::kMaxInput);
  EXPECT_FALSE(notes.reading);
}

TEST_F(LegTest, BeyondItTheRestStaysWhereItIs) {
  buffer::Chain in = Bytes(Leg::kMaxInput + 5000);
  leg.Take(in);
  EXPECT_EQ(in.size(), 5000U);
  EXPECT_EQ(leg.input.size(), Leg::kMaxInput);
  EXPECT_FALSE(notes.reading) << "as the stream demands where bytes are left";
  leg.Use(1);
  EXPECT_TRUE(notes.reading);
  leg.Take(in);
  EXPECT_EQ(in.size(), 4999U);
  EXPECT_FALSE(notes.reading);
  leg.Use(Leg::kMaxInput);
  EXPECT_TRUE(leg.input.empty());
  leg.Take(in);
  EXPECT_EQ(leg.input, Pattern(Leg::kMaxInput + 5000).substr(Leg::kMaxInput + 1));
}

TEST_F(LegTest, UsingNothingChangesNothing) {
  buffer::Chain in = Bytes(Leg::kMaxInput);
  leg.Take(in);
  leg.Use(0);
  EXPECT_FALSE(notes.reading);
}

TEST_F(LegTest, InputThatWasUsedHoldsNoMemory) {
  buffer::Chain in = Bytes(Leg::kMaxInput);
  leg.Take(in);
  leg.Use(Leg::kMaxInput);
  EXPECT_LE(leg.input.capacity(), 64U);
}

TEST_F(LegTest, WhoDiscardsTakesNothingAndReadsOn) {
  buffer::Chain in = Bytes(Leg::kMaxInput + 5000);
  leg.Take(in);
  leg.Discard();
  EXPECT_TRUE(leg.input.empty());
  EXPECT_TRUE(notes.reading) << "an end is still to come";
  leg.Take(in);
  EXPECT_TRUE(in.empty());
  EXPECT_TRUE(leg.input.empty());
}

TEST_F(LegTest, RemembersThatItsWordsWait) {
  leg.Write(pool, "one");
  EXPECT_FALSE(leg.congested);
  notes.room = false;
  leg.Write(pool, "two");
  EXPECT_TRUE(leg.congested);
  leg.Write(pool, "");
  EXPECT_TRUE(leg.congested) << "nothing was written, so nothing was learnt";
  EXPECT_EQ(notes.written, "onetwo");
  leg.stream.reset();
  leg.Write(pool, "three");  // to nobody
}

// The stream below TLS keeps its queue to itself: who waited for it would wait for ever.
TEST_F(LegTest, BeginsTlsUncongested) {
  const pki::PemPair& pem = Pki::Get().good;
  tls::ServerSettings settings;
  settings.identities = {std::move(tls::Identity::FromPem(pem.chain, pem.key)).value()};
  auto context = std::move(tls::ServerContext::Create(settings)).value();
  notes.room = false;
  leg.Write(pool, "220 go\r\n");
  ASSERT_TRUE(leg.congested);
  leg.input = "\x16";
  Later later;
  leg.Accept(*context, pool, later);
  EXPECT_FALSE(leg.congested);
  EXPECT_TRUE(leg.handshaking);
  EXPECT_TRUE(leg.input.empty());
  leg.stream.reset();
}

}  // namespace
}  // namespace starlock::session
