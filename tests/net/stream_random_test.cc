#include <random>

#include "harness.h"

namespace starlock::net {
namespace {

using buffer::StreamEnd;

// One end of a connection whose owner makes random legal calls, inside and outside of callbacks.
class Owner : public buffer::StreamHandler {
 public:
  Owner(Loop& loop, Descriptor socket, std::mt19937& random)
      : loop_(loop), random_(random), stream_(TcpStream::Adopt(loop, std::move(socket)).value()) {
    stream_->SetHandler(this);
    stream_->SetReading(true);
  }

  void OnData(buffer::Chain& in) override {
    ASSERT_FALSE(done());
    ASSERT_FALSE(ended_);
    ASSERT_TRUE(reading_);
    const size_t take = Chance(50) ? in.size() : Number(in.size());
    received_ += in.ToString().substr(0, take);
    in.Consume(take);
    if (take == 0 || !in.empty() || Chance(20)) Read(false);
    if (stream_ != nullptr && Chance(5)) Read(!reading_);
    if (!in.empty() && reading_) Read(false);
    Act();
  }
  void OnWritable() override {
    ASSERT_FALSE(done());
    ASSERT_TRUE(stalled_);
    stalled_ = false;
    Act();
  }
  void OnEnd(StreamEnd) override {
    ASSERT_FALSE(done());
    ASSERT_FALSE(ended_);
    ASSERT_TRUE(reading_);
    ended_ = true;
    Act();
  }
  void OnClosed(const Error& error) override {
    ASSERT_FALSE(done());
    closed_ = true;
    broken_ = static_cast<bool>(error);
    Act();
  }

  // One random legal action, or none.
  void Act() {
    if (stream_ == nullptr) return;
    if (Chance(40) && !stalled_) Write();
    if (Chance(20)) Read(Chance(60));
    if (Chance(3)) End(Chance(70) ? StreamEnd::kClean : StreamEnd::kTruncated);
    if (Chance(1) && Chance(30)) GoAway();
  }
  // Ends in order, so that every round terminates.
  void Conclude() {
    if (stream_ == nullptr || closed_) return;
    Read(true);
    End(StreamEnd::kClean);
  }
  void Close() { stream_.reset(); }

  bool done() const { return closed_ || stream_ == nullptr; }
  bool orderly() const { return closed_ && !broken_ && sent_end_ == StreamEnd::kClean; }
  const std::string& sent() const { return sent_; }
  const std::string& received() const { return received_; }

 private:
  bool Chance(int percent) { return static_cast<int>(random_() % 100) < percent; }
  size_t Number(size_t limit) { return random_() % (limit + 1); }

  void Read(bool on) {
    reading_ = on;
    stream_->SetReading(on);
  }
  void Write() {
    const std::string bytes = Pattern(Chance(70) ? Number(500) : Number(30'000));
    stalled_ = !stream_->Write(Bytes(loop_, bytes));
    if (!sent_end_ && !closed_) sent_ += bytes;
  }
  void End(StreamEnd end) {
    if (!sent_end_ && !closed_) sent_end_ = end;
    stream_->End(end);
  }
  void GoAway() {
    if (Chance(50)) stream_->Abort();
    loop_.Dispose(std::move(stream_));
  }

  Loop& loop_;
  std::mt19937& random_;
  std::unique_ptr<TcpStream> stream_;
  std::string sent_, received_;
  std::optional<StreamEnd> sent_end_;
  bool reading_ = true;
  bool stalled_ = false;
  bool ended_ = false;
  bool closed_ = false;
  bool broken_ = false;
};

TEST(StreamRandomTest, WhateverOwnersDoBytesStayInOrderAndEndsAreTold) {
  int orderly = 0;
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    Loop loop;
    const Acceptor acceptor;
    Owner near(loop, ConnectTo(acceptor.address, 16'384), random);
    Owner far(loop, acceptor.Accept(), random);
    for (int turn = 0; turn < 60 && !near.done() && !far.done(); ++turn) {
      near.Act();
      far.Act();
      Turn(loop, 1);
    }
    RUN_UNTIL(loop, (near.Conclude(), far.Conclude(), near.done() || far.done()));
    // A stream whose owner aborted may have truncated the other one.
    ASSERT_TRUE(far.sent().starts_with(near.received()));
    ASSERT_TRUE(near.sent().starts_with(far.received()));
    RUN_UNTIL(loop, (near.Conclude(), far.Conclude(), near.done() && far.done()));
    if (near.orderly() && far.orderly()) {
      ++orderly;
      EXPECT_EQ(near.sent().size(), far.received().size());
      EXPECT_EQ(far.sent().size(), near.received().size());
    }
    near.Close();
    far.Close();
    Turn(loop);
    EXPECT_EQ(loop.pool().in_use(), 0U);
  }
  EXPECT_GT(orderly, 8);
}

}  // namespace
}  // namespace starlock::net
