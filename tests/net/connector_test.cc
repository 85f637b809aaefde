#include "net/connector.h"

#include <sys/socket.h>

#include <optional>
#include <utility>

#include "harness.h"
#include "net/attempt.h"
#include "net/resolver.h"

namespace starlock::net {
namespace {

using std::chrono::milliseconds;

struct Outcome {
  Connector::OnDone Store() {
    return [this](Result<Connector::Connected> done) { result.emplace(std::move(done)); };
  }
  std::optional<Result<Connector::Connected>> result;
};

HostPort At(const SocketAddress& address) { return {address.HostString(), address.port()}; }

TEST(ConnectorTest, ConnectsToAListenerAndBytesFlowBothWays) {
  Loop loop;
  auto group = BindGroup({"127.0.0.1", 0}, 1);
  ASSERT_TRUE(group.ok()) << group.error().detail;
  const SocketAddress address = group->front().address();
  std::unique_ptr<buffer::Stream> accepted;
  Listener listener(
      loop, std::move(group->front()), [&](auto stream, const SocketAddress&) { accepted = std::move(stream); },
      [](const Error& error) { FAIL() << error.detail; });
  Resolver resolver(loop);
  Outcome outcome;
  Connector connector(loop, resolver, {At(address)}, milliseconds(10'000), outcome.Store());
  EXPECT_FALSE(outcome.result);
  RUN_UNTIL(loop, outcome.result && accepted);
  ASSERT_TRUE(outcome.result->ok()) << outcome.result->error().detail;
  auto connected = std::move(**outcome.result);
  EXPECT_EQ(connected.address, address);

  Recorder near;
  Recorder far;
  connected.stream->SetHandler(&near);
  connected.stream->SetReading(true);
  accepted->SetHandler(&far);
  accepted->SetReading(true);
  EXPECT_TRUE(connected.stream->Write(Bytes(loop, "ping")));
  EXPECT_TRUE(accepted->Write(Bytes(loop, "pong")));
  RUN_UNTIL(loop, near.data == "pong" && far.data == "ping");
  connected.stream->End(buffer::StreamEnd::kClean);
  RUN_UNTIL(loop, far.ended);
  EXPECT_FALSE(far.closed);
  accepted->End(buffer::StreamEnd::kClean);
  RUN_UNTIL(loop, near.closed && far.closed);
  EXPECT_EQ(near.error.code, ErrorCode::kNone);
  EXPECT_EQ(far.error.code, ErrorCode::kNone);
}

}  // namespace
}  // namespace starlock::net
