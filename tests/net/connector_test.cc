#include "net/connector.h"

#include <sys/socket.h>

#include <map>
#include <optional>
#include <utility>

#include "harness.h"
#include "net/attempt.h"
#include "net/lookup.h"
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

TEST(ConnectorAndListenerTest, FromAnAddressOfOurOwn) {
  Loop loop;
  auto group = BindGroup({"127.0.0.1", 0}, 1);
  ASSERT_TRUE(group.ok()) << group.error().detail;
  const SocketAddress address = group->front().address();
  std::string from;
  const auto listener = Listener::Create(
      loop, std::move(group->front()), [&](auto, const SocketAddress& peer) { from = peer.HostString(); },
      [](const Error& error) { FAIL() << error.detail; });
  ASSERT_TRUE(listener.ok());
  Resolver resolver(loop);
  // The second address is of the other family, so it has no effect.
  for (const auto& [ours, expected] : {std::pair{"127.0.0.7", "127.0.0.7"}, {"::1", "127.0.0.1"}}) {
    Outcome outcome;
    from.clear();
    const Connector connector(loop, resolver, {At(address)}, milliseconds(10'000), outcome.Store(),
                              SocketAddress::FromLiteral(ours, 0).value());
    RUN_UNTIL(loop, outcome.result && !from.empty());
    EXPECT_TRUE(outcome.result->ok());
    EXPECT_EQ(from, expected);
  }
  // A foreign address cannot be bound.
  Outcome outcome;
  const Connector connector(loop, resolver, {At(address)}, milliseconds(10'000), outcome.Store(),
                            SocketAddress::FromLiteral("192.0.2.1", 0).value());
  RUN_UNTIL(loop, outcome.result);
  EXPECT_EQ(outcome.result->error().code, ErrorCode::kConnectFailed);
}

TEST(ConnectorAndListenerTest, ConnectsToAListenerAndBytesFlowBothWays) {
  Loop loop;
  auto group = BindGroup({"127.0.0.1", 0}, 1);
  ASSERT_TRUE(group.ok()) << group.error().detail;
  const SocketAddress address = group->front().address();
  std::unique_ptr<buffer::Stream> accepted;
  const auto listener = Listener::Create(
      loop, std::move(group->front()), [&](auto stream, const SocketAddress&) { accepted = std::move(stream); },
      [](const Error& error) { FAIL() << error.detail; });
  ASSERT_TRUE(listener.ok());
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

// Resolves the names that a test registers; answers from the loop.
class FakeLookup : public Lookup {
 public:
  using Names = std::map<std::string, std::vector<std::string>>;
  FakeLookup(Loop& loop, Names names) : loop_(loop), names_(std::move(names)) {}
  void Start(const std::string& host, OnFound on_found) override {
    Result<std::vector<SocketAddress>> answer = Error{ErrorCode::kResolveFailed, "'" + host + "': not known"};
    if (host == "slow.example") return;
    if (names_.contains(host)) {
      std::vector<SocketAddress> addresses;
      for (const std::string& each : names_[host]) addresses.push_back(SocketAddress::FromLiteral(each, 0).value());
      answer = std::move(addresses);
    }
    loop_.Defer([self = std::weak_ptr(self_), answer, on_found] {
      if (!self.expired()) on_found(answer);
    });
  }

 private:
  Loop& loop_;
  Names names_;
  std::shared_ptr<int> self_ = std::make_shared<int>();
};

class ConnectorTest : public ::testing::Test {
 protected:
  void Know(FakeLookup::Names names) {
    resolver =
        std::make_unique<Resolver>(loop, std::make_unique<FakeLookup>(loop, std::move(names)), Resolver::Memory());
  }
  void Connect(std::vector<HostPort> targets, milliseconds timeout = milliseconds(20'000)) {
    started = Loop::Clock::now();
    connector = std::make_unique<Connector>(loop, *resolver, std::move(targets), timeout, outcome.Store());
  }
  milliseconds Elapsed() const { return std::chrono::duration_cast<milliseconds>(Loop::Clock::now() - started); }
  const Error& Failure() { return outcome.result->error(); }
  Connector::Connected& Success() {
    EXPECT_TRUE(outcome.result->ok()) << Failure().detail;
    return outcome.result->value();
  }
  // Fills the backlog, so that the kernel ignores further connections.
  void Silence(const Acceptor& acceptor) {
    for (int i = 0; i < 4; ++i) {
      Descriptor filler(socket(acceptor.address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      connect(filler.get(), acceptor.address.get(), acceptor.address.size());
      fillers.push_back(std::move(filler));
    }
  }

  Loop loop;
  std::vector<Descriptor> fillers;
  std::unique_ptr<Resolver> resolver = std::make_unique<Resolver>(loop);
  Outcome outcome;
  std::unique_ptr<Connector> connector;
  Loop::Clock::time_point started;
};

TEST_F(ConnectorTest, ARefusedAddressIsPassedOverAtOnce) {
  const auto acceptors = Acceptor::OnOnePort({{16, "127.0.0.1"}, {Acceptor::kDeaf, "127.0.0.2"}});
  const Acceptor& live = acceptors[0];
  const uint16_t port = live.address.port();
  Know({{"mail.example", {"127.0.0.2", "127.0.0.1"}}});
  Connect({{"mail.example", port}});
  RUN_UNTIL(loop, outcome.result);
  EXPECT_EQ(Success().address, live.address);
  EXPECT_EQ(Success().target, 0U);
}

TEST_F(ConnectorTest, ASilentAddressDoesNotHoldUpTheNextForLong) {
  const auto acceptors = Acceptor::OnOnePort({{0, "127.0.0.1"}, {16, "127.0.0.2"}});
  Silence(acceptors[0]);
  const Acceptor& live = acceptors[1];
  const uint16_t port = live.address.port();
  Know({{"mail.example", {"127.0.0.1", "127.0.0.2"}}});
  Turn(loop);
  const size_t descriptors = OpenDescriptors();
  Connect({{"mail.example", port}});
  RUN_UNTIL(loop, outcome.result);
  EXPECT_EQ(Success().address, live.address);
  EXPECT_GE(Elapsed(), milliseconds(240));        // RFC 8305: not both at once
  EXPECT_EQ(OpenDescriptors(), descriptors + 1);  // the losing attempt's socket is closed
  Success().stream.reset();
  EXPECT_EQ(OpenDescriptors(), descriptors);
}

TEST_F(ConnectorTest, AFailureStartsTheNextWhileAnotherIsStillSilent) {
  const auto acceptors = Acceptor::OnOnePort({{0, "127.0.0.1"}, {Acceptor::kDeaf, "127.0.0.2"}, {16, "127.0.0.3"}});
  Silence(acceptors[0]);
  const Acceptor& live = acceptors[2];
  const uint16_t port = live.address.port();
  Know({{"mail.example", {"127.0.0.1", "127.0.0.2", "127.0.0.3"}}});
  Connect({{"mail.example", port}});
  RUN_UNTIL(loop, outcome.result);
  EXPECT_EQ(Success().address, live.address);
}

TEST_F(ConnectorTest, TheOtherFamilyIsTriedSecond) {
  const auto acceptors = Acceptor::OnOnePort({{16, "::1"}, {Acceptor::kDeaf, "127.0.0.1"}});
  const Acceptor& live = acceptors[0];
  const uint16_t port = live.address.port();
  Know({{"mail.example", {"127.0.0.1", "::1"}}});
  Connect({{"mail.example", port}});
  RUN_UNTIL(loop, outcome.result);
  EXPECT_EQ(Success().address, live.address);
}

TEST_F(ConnectorTest, WhereAllRefuseTheLastReasonIsTold) {
  const auto acceptors = Acceptor::OnOnePort({{Acceptor::kDeaf, "127.0.0.1"}, {Acceptor::kDeaf, "127.0.0.2"}});
  const uint16_t port = acceptors[0].address.port();
  Know({{"mail.example", {"127.0.0.1", "127.0.0.2"}}});
  Connect({{"mail.example", port}});
  RUN_UNTIL(loop, outcome.result);
  EXPECT_EQ(Failure().code, ErrorCode::kConnectFailed);
  EXPECT_EQ(Failure().detail, "127.0.0.2:" + std::to_string(port) + ": Connection refused");
}

TEST_F(ConnectorTest, AnAddressThatFailsAtOnceIsPassedOver) {
  const Acceptor live;
  Know({{"mail.example", {"255.255.255.255", "127.0.0.1"}}});
  Connect({{"mail.example", live.address.port()}});
  EXPECT_FALSE(outcome.result);
  RUN_UNTIL(loop, outcome.result);
  EXPECT_EQ(Success().address, live.address);
}

TEST_F(ConnectorTest, WhereAllFailAtOnceItIsToldFromTheLoop) {
  Connect({{"255.255.255.255", 25}, {"255.255.255.255", 26}});
  EXPECT_FALSE(outcome.result);
  RUN_UNTIL(loop, outcome.result);
  EXPECT_EQ(Failure().code, ErrorCode::kConnectFailed);
  EXPECT_EQ(Failure().detail, "255.255.255.255:26: Network is unreachable");
}

TEST_F(ConnectorTest, TargetsAreTriedInOrder) {
  const Acceptor deaf(Acceptor::kDeaf);
  const Acceptor live;
  const Acceptor spare;
  Know({});
  Connect({{"unknown.example", 25}, At(deaf.address), At(live.address), At(spare.address)});
  RUN_UNTIL(loop, outcome.result);
  EXPECT_EQ(Success().address, live.address);
  EXPECT_EQ(Success().target, 2U);
}

TEST_F(ConnectorTest, TheFirstTargetIsPreferredHoweverSlow) {
  // Targets are not raced: the second is tried only after the first has failed.
  const Acceptor silent(0);
  Silence(silent);
  const Acceptor spare;
  Connect({At(silent.address), At(spare.address)}, milliseconds(600));
  RUN_UNTIL(loop, outcome.result);
  EXPECT_EQ(Failure().code, ErrorCode::kConnectFailed);
}

TEST_F(ConnectorTest, NoAddressAtAllIsAResolveFailure) {
  Know({});
  Connect({{"one.example", 25}, {"two.example", 25}});
  RUN_UNTIL(loop, outcome.result);
  EXPECT_EQ(Failure().code, ErrorCode::kResolveFailed);
  EXPECT_EQ(Failure().detail, "'two.example': not known");
}

TEST_F(ConnectorTest, AnAddressThatRefusedIsAConnectFailureWhateverTheOtherNames) {
  const Acceptor deaf(Acceptor::kDeaf);
  Know({});
  Connect({{"one.example", 25}, At(deaf.address), {"two.example", 25}});
  RUN_UNTIL(loop, outcome.result);
  EXPECT_EQ(Failure().code, ErrorCode::kConnectFailed);
  EXPECT_EQ(Failure().detail, deaf.address.ToString() + ": Connection refused");
}

TEST_F(ConnectorTest, WithoutTargetsItFails) {
  Connect({});
  EXPECT_FALSE(outcome.result);
  RUN_UNTIL(loop, outcome.result);
  EXPECT_EQ(Failure().code, ErrorCode::kResolveFailed);
}

TEST_F(ConnectorTest, TheTimeoutIsForAllOfIt) {
  const Acceptor silent(0);
  Silence(silent);
  const size_t descriptors = OpenDescriptors();
  Connect({At(silent.address), {"127.0.0.1", 1}}, milliseconds(120));
  RUN_UNTIL(loop, outcome.result);
  EXPECT_GE(Elapsed(), milliseconds(115));
  EXPECT_EQ(Failure().code, ErrorCode::kConnectFailed);
  EXPECT_EQ(Failure().detail, silent.address.ToString() + ": no answer within 120 ms");
  EXPECT_EQ(OpenDescriptors(), descriptors);
}

TEST_F(ConnectorTest, ATimeoutWhileANameIsLookedUp) {
  Know({});
  Connect({{"slow.example", 25}}, milliseconds(50));
  RUN_UNTIL(loop, outcome.result);
  EXPECT_EQ(Failure().code, ErrorCode::kResolveFailed);
  EXPECT_NE(Failure().detail.find("slow.example"), std::string::npos) << Failure().detail;
}

TEST_F(ConnectorTest, ATimeoutWhileTheNextNameIsLookedUp) {
  const Acceptor deaf(Acceptor::kDeaf);
  Know({});
  Connect({At(deaf.address), {"slow.example", 25}}, milliseconds(1000));
  RUN_UNTIL(loop, outcome.result);
  EXPECT_EQ(Failure().code, ErrorCode::kConnectFailed);
  EXPECT_EQ(Failure().detail, deaf.address.ToString() + ": Connection refused");
}

TEST_F(ConnectorTest, WithoutATimeoutItWaits) {
  const Acceptor live;
  Connect({At(live.address)}, milliseconds(0));
  RUN_UNTIL(loop, outcome.result);
  EXPECT_EQ(Success().address, live.address);
}

TEST_F(ConnectorTest, WithoutDescriptorsTheFaultIsOurs) {
  const Acceptor live;
  Connect({At(live.address), At(live.address)});
  const NoDescriptors none;
  RUN_UNTIL(loop, outcome.result);
  EXPECT_EQ(Failure().code, ErrorCode::kSystem);
  EXPECT_NE(Failure().detail.find("Too many open files"), std::string::npos) << Failure().detail;
}

TEST_F(ConnectorTest, DestroyedInMidAttemptItIsSilentAndClosesItsSockets) {
  const Acceptor silent(0);
  Silence(silent);
  const size_t descriptors = OpenDescriptors();
  Connect({At(silent.address)});
  Turn(loop);
  EXPECT_EQ(OpenDescriptors(), descriptors + 1);
  connector.reset();
  EXPECT_EQ(OpenDescriptors(), descriptors);
  Turn(loop);
  EXPECT_FALSE(outcome.result);
}

TEST_F(ConnectorTest, DestroyedAtOnceAndInMidLookup) {
  Know({});
  Connect({{"slow.example", 25}});
  connector.reset();
  Connect({{"slow.example", 25}});
  Turn(loop);
  connector.reset();
  Turn(loop);
  EXPECT_FALSE(outcome.result);
}

TEST_F(ConnectorTest, DestroyedInsideItsCall) {
  const Acceptor live;
  const Acceptor deaf(Acceptor::kDeaf);
  for (const SocketAddress& address : {live.address, deaf.address}) {
    bool done = false;
    connector = std::make_unique<Connector>(loop, *resolver, std::vector{At(address)}, milliseconds(20'000),
                                            [&](Result<Connector::Connected>) {
                                              connector.reset();
                                              done = true;
                                            });
    RUN_UNTIL(loop, done);
    Turn(loop);
  }
}

TEST(InterleaveTest, FamiliesTakeTurns) {
  const auto of = [](const std::vector<std::string>& hosts) {
    std::vector<SocketAddress> addresses;
    for (const std::string& host : hosts) addresses.push_back(SocketAddress::FromLiteral(host, 25).value());
    return addresses;
  };
  EXPECT_EQ(Interleave(of({"::1", "::2", "::3", "1.1.1.1", "1.1.1.2"})),
            of({"::1", "1.1.1.1", "::2", "1.1.1.2", "::3"}));
  EXPECT_EQ(Interleave(of({"1.1.1.1", "::1", "::2", "::3"})), of({"1.1.1.1", "::1", "::2", "::3"}));
  EXPECT_EQ(Interleave(of({"1.1.1.1", "1.1.1.2"})), of({"1.1.1.1", "1.1.1.2"}));
  EXPECT_EQ(Interleave({}), of({}));
}

}  // namespace
}  // namespace starlock::net
