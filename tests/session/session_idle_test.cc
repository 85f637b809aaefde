// A peer that keeps reading, however slowly, is not idle.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

#include "proxy/routes.h"
#include "session/session.h"
#include "support/proxy_harness.h"

namespace starlock::session {

using namespace test;  // NOLINT(google-build-using-namespace)
namespace {

constexpr size_t kWritten = 1000;

/// A client with many undelivered bytes. It takes one byte each time the count is read, `kLooks` times; then none.
class SlowClient final : public buffer::Stream {
 public:
  static constexpr int kLooks = 5;

  SlowClient(net::Loop& loop, bool in_the_kernel) : loop_(loop), in_the_kernel_(in_the_kernel) {}

  void SetHandler(buffer::StreamHandler* handler) override { handler_ = handler; }
  void SetReading(bool) override {}
  bool Write(buffer::Chain) override { return false; }
  void End(buffer::StreamEnd) override {
    loop_.Post([this] {
      if (handler_ != nullptr) handler_->OnClosed({});
    });
  }
  void Abort() override { handler_ = nullptr; }
  size_t queued() const override { return in_the_kernel_ ? 0 : Look(); }
  size_t unacknowledged() const override { return in_the_kernel_ ? Look() : 0; }

  int looks() const { return looks_; }

 private:
  size_t Look() const { return kWritten - static_cast<size_t>(std::min(++looks_, kLooks)); }

  net::Loop& loop_;
  const bool in_the_kernel_;
  buffer::StreamHandler* handler_ = nullptr;
  mutable int looks_ = 0;
};

class SessionIdle : public testing::TestWithParam<bool> {};

TEST_P(SessionIdle, APeerThatTakesAByteAtATimeIsNotIdle) {
  Upstream upstream;
  RecordedLog log;
  Setting setting{.protocol = "tcp"};
  setting.limits.idle_timeout = std::chrono::milliseconds(20);
  const config::Config config = MakeConfig(setting, upstream.address());
  const auto routes = std::move(MakeRoutes(config, MakeCredentials(), proxy::MakeDataPorts(config))).value();
  net::Loop loop;
  net::Resolver resolver(loop);
  auto made = std::make_unique<SlowClient>(loop, GetParam());
  SlowClient* const client = made.get();
  int looks = 0;
  Session session({loop, resolver, log.logger()}, *routes.front(), std::move(made),
                  net::SocketAddress::FromLiteral("127.0.0.1", 1).value(), [&](Session&) {
                    looks = client->looks();
                    loop.Stop();
                  });
  loop.Post([&] { session.Start(false); });
  std::thread thread([&] { loop.Run(); });
  Peer server = upstream.Accept();
  EXPECT_EQ(server.End(), Ending::kReset) << "the server must not mistake the cut for a proper end";
  thread.join();
  EXPECT_EQ(log.Record().value("end", ""), "idle");
  EXPECT_GT(looks, SlowClient::kLooks) << "the session waited while bytes moved";
}

INSTANTIATE_TEST_SUITE_P(Idle, SessionIdle, testing::Bool(),
                         [](const auto& test) { return test.param ? "TheKernelHasTheRest" : "WeHaveTheRest"; });

}  // namespace
}  // namespace starlock::session
