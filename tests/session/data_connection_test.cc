// A data connection between two test peers: which peers are accepted, what waits for what, and how each end shows.

#include "session/data_connection.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

#include "proxy/routes.h"
#include "session/holder.h"
#include "support/proxy_harness.h"

namespace starlock::session {

using namespace test;  // NOLINT(google-build-using-namespace)
namespace {

net::SocketAddress Address(const std::string& host, uint16_t port = 0) {
  return net::SocketAddress::FromLiteral(host, port).value();
}

net::SocketAddress NameOf(int fd, int (*which)(int, sockaddr*, socklen_t*)) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  auto* name = reinterpret_cast<sockaddr*>(&storage);
  EXPECT_EQ(which(fd, name, &size), 0);
  return {name, size};
}

Peer ConnectFrom(const std::string& host, uint16_t port) {
  const net::SocketAddress from = Address(host);
  const net::SocketAddress to = Address("127.0.0.1", port);
  net::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(bind(socket.get(), from.get(), from.size()), 0);
  EXPECT_EQ(connect(socket.get(), to.get(), to.size()), 0);
  return Peer(std::move(socket));
}

config::Config AnySession(config::Config config) {
  config.listeners.front().data.session = config::DataSession::kAny;
  return config;
}

/// A data connection on a loop with its own thread, and what it reports, in order.
class Transfer final : private DataOwner {
 public:
  /// `local`: our address on the control connection with the client.
  explicit Transfer(TlsMode client = TlsMode::kOff, TlsMode server = TlsMode::kOff,
                    const std::string& local = "127.0.0.1", std::chrono::milliseconds negotiation = kPatience)
      : Transfer(AnySession(MakeConfig({.protocol = "ftp",
                                        .client = client,
                                        .server = server,
                                        .limits = {.connect_timeout = kPatience, .negotiation_timeout = negotiation},
                                        .server_name = "localhost"},
                                       {})),
                 local) {}
  explicit Transfer(config::Config config, const std::string& local = "127.0.0.1")
      : config_(std::move(config)),
        routes_(std::move(MakeRoutes(config_, MakeCredentials(), proxy::MakeDataPorts(config_))).value()),
        resolver_(loop_) {
    DataOwner& owner = *this;
    data_ = std::make_unique<DataConnection>(
        owner, loop_, resolver_,
        DataEnds{*routes_.front(), 0, Address("127.0.0.1"), Address("127.0.0.1"), Address(local), {}});
    thread_ = std::thread([this] { loop_.Run(); });
  }

  ~Transfer() override {
    Drop();
    loop_.Post([this] { loop_.Stop(); });
    thread_.join();
  }

  void Open(uint16_t server_port, uint16_t client_port, bool client_tls = false) {
    loop_.Post([=, this] { data_->Open(server_port, client_port, client_tls); });
  }
  void Begin(bool client_tls = false, bool server_tls = false) {
    loop_.Post([=, this] { data_->Begin(client_tls, server_tls); });
  }
  /// Destroys the data connection, like a session that ends.
  void Drop() {
    std::promise<void> gone;
    loop_.Post([&] {
      data_.reset();
      gone.set_value();
    });
    gone.get_future().wait();
  }

  /// The next report.
  std::string Next() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [this] { return !told_.empty(); })) return "nothing";
    std::string first = std::move(told_.front());
    told_.pop_front();
    return first;
  }

  uint16_t port = 0;              ///< once it is ready
  std::atomic<size_t> moved = 0;  ///< both ways
  Upstream upstream;

 private:
  void OnDataReady(DataConnection&, uint16_t where) override {
    port = where;
    Tell("ready");
  }
  void OnDataEnded(DataConnection&, bool broken) override {
    DisposeOf(loop_, std::move(data_));
    Tell(broken ? "ended broken" : "ended");
  }
  void OnDataBroken(DataConnection&) override { Tell("broken"); }
  void OnDataStranger(DataConnection&) override { Tell("stranger"); }
  void OnDataMoved(Side, size_t bytes) override { moved += bytes; }

  void Tell(std::string what) {
    const std::lock_guard lock(mutex_);
    told_.push_back(std::move(what));
    changed_.notify_all();
  }

  config::Config config_;
  std::vector<std::unique_ptr<Route>> routes_;
  net::Loop loop_;
  net::Resolver resolver_;
  std::unique_ptr<DataConnection> data_;
  std::mutex mutex_;  ///< for told_
  std::condition_variable changed_;
  std::deque<std::string> told_;
  std::thread thread_;
};

struct Legs {
  Peer client, server;
};

/// The client connects to us, and the transfer begins.
Legs Passive(Transfer& transfer) {
  transfer.Open(transfer.upstream.address().port, 0);
  Legs legs;
  legs.server = transfer.upstream.Accept();
  EXPECT_EQ(transfer.Next(), "ready");
  legs.client = ConnectTo({"127.0.0.1", transfer.port});
  transfer.Begin();
  return legs;
}

TEST(DataConnectionTest, TheClientConnectsToUs) {
  Transfer transfer;
  auto [client, server] = Passive(transfer);
  EXPECT_TRUE(server.Send("down") && client.Send("up"));
  EXPECT_EQ(client.Receive(4), "down");
  EXPECT_EQ(server.Receive(2), "up");
  server.Shut();
  EXPECT_EQ(client.End(), Ending::kFin);
  EXPECT_TRUE(client.Send("after its end"));
  client.Shut();
  EXPECT_EQ(server.Rest(), "after its end");
  EXPECT_EQ(server.ending(), Ending::kFin);
  EXPECT_EQ(transfer.Next(), "ended");
}

TEST(DataConnectionTest, WeDialTheClientFromTheAddressOfItsControlConnection) {
  Transfer transfer(TlsMode::kOff, TlsMode::kOff, "127.0.0.2");
  const Upstream client_side;  // the client listens
  transfer.Open(transfer.upstream.address().port, client_side.address().port);
  Peer server = transfer.upstream.Accept();
  EXPECT_EQ(transfer.Next(), "ready");
  transfer.Begin();
  Peer client = client_side.Accept();
  ASSERT_TRUE(client.open());
  EXPECT_EQ(NameOf(client.fd(), getpeername).HostString(), "127.0.0.2");
  EXPECT_TRUE(server.Send("listing"));
  server.Shut();
  EXPECT_EQ(client.Rest(), "listing");
  client.Shut();
  EXPECT_EQ(transfer.Next(), "ended");
}

// CVE-1999-0351: being first does not make a peer the client.
TEST(DataConnectionTest, AStrangerIsResetAndTheClientIsStillAccepted) {
  Transfer transfer;
  transfer.Open(transfer.upstream.address().port, 0);
  Peer server = transfer.upstream.Accept();
  EXPECT_EQ(transfer.Next(), "ready");
  Peer stranger = ConnectFrom("127.0.0.3", transfer.port);
  EXPECT_EQ(stranger.End(), Ending::kReset);
  Peer client = ConnectTo({"127.0.0.1", transfer.port});
  transfer.Begin();
  EXPECT_TRUE(server.Send("secret"));
  EXPECT_EQ(client.Receive(6), "secret");
  transfer.Drop();
}

TEST(DataConnectionTest, NothingPassesBeforeTheTransferBegins) {
  Transfer transfer;
  transfer.Open(transfer.upstream.address().port, 0);
  Peer server = transfer.upstream.Accept();
  EXPECT_EQ(transfer.Next(), "ready");
  Peer client = ConnectTo({"127.0.0.1", transfer.port});
  EXPECT_TRUE(server.Send("early"));
  timeval soon{0, 50'000};
  ASSERT_EQ(setsockopt(client.fd(), SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon)), 0);
  EXPECT_EQ(client.Now(), "");
  timeval patience{kPatience.count(), 0};
  ASSERT_EQ(setsockopt(client.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
  transfer.Begin();
  EXPECT_EQ(client.Receive(5), "early");
  transfer.Drop();
}

TEST(DataConnectionTest, AnUpstreamThatRefusesTheConnection) {
  uint16_t nobody = 0;
  {
    const Upstream gone;
    nobody = gone.address().port;
  }
  Transfer transfer;
  transfer.Open(nobody, 0);
  EXPECT_EQ(transfer.Next(), "ended broken");
}

TEST(DataConnectionTest, AClientThatDoesNotListen) {
  uint16_t nobody = 0;
  {
    const Upstream gone;
    nobody = gone.address().port;
  }
  Transfer transfer;
  transfer.Open(transfer.upstream.address().port, nobody);
  Peer server = transfer.upstream.Accept();
  EXPECT_EQ(transfer.Next(), "ready");
  transfer.Begin();
  EXPECT_EQ(transfer.Next(), "ended broken");
  EXPECT_EQ(server.End(), Ending::kReset);
}

// What had arrived is delivered before the reset.
TEST(DataConnectionTest, AResetShowsOnTheOtherLeg) {
  for (const bool upload : {false, true}) {
    SCOPED_TRACE(upload);
    Transfer transfer;
    auto [client, server] = Passive(transfer);
    Peer& from = upload ? client : server;
    Peer& to = upload ? server : client;
    EXPECT_TRUE(from.Send("half"));
    EXPECT_EQ(to.Receive(4), "half");
    from.Reset();
    EXPECT_EQ(transfer.Next(), "broken");
    EXPECT_EQ(to.End(), Ending::kReset);
    EXPECT_EQ(transfer.Next(), "ended broken");
  }
}

TEST(DataConnectionTest, DestroyingItCutsBothLegs) {
  Transfer transfer;
  auto [client, server] = Passive(transfer);
  EXPECT_TRUE(server.Send("x"));
  EXPECT_EQ(client.Receive(1), "x");
  transfer.Drop();
  EXPECT_EQ(client.End(), Ending::kReset);
  EXPECT_EQ(server.End(), Ending::kReset);
}

// T2: TLS that ends without close_notify stays that on the other leg.
TEST(DataConnectionTest, ATruncatedTlsLegIsNotLaundered) {
  for (const bool proper : {true, false}) {
    SCOPED_TRACE(proper);
    Transfer transfer(TlsMode::kRequired, TlsMode::kRequired);
    transfer.Open(transfer.upstream.address().port, 0);
    Peer server = transfer.upstream.Accept();
    EXPECT_EQ(transfer.Next(), "ready");
    Peer client = ConnectTo({"127.0.0.1", transfer.port});
    transfer.Begin(true, true);
    ASSERT_TRUE(server.StartTls({.server = true}) && client.StartTls({}));
    EXPECT_TRUE(server.Send("sealed"));
    EXPECT_EQ(client.Receive(6), "sealed");
    if (proper) {
      server.Finish();
    } else {
      server.Shut();
      EXPECT_EQ(transfer.Next(), "broken");
    }
    EXPECT_EQ(client.End(), proper ? Ending::kCloseNotify : Ending::kTruncated);
    client.Finish();
    EXPECT_EQ(transfer.Next(), proper ? "ended" : "ended broken");
  }
}

constexpr std::chrono::milliseconds kHasty{300};

TEST(DataConnectionTest, AHandshakeThatNeverEndsHasADeadline) {
  for (const bool client_hangs : {true, false}) {
    Transfer transfer(TlsMode::kRequired, TlsMode::kRequired, "127.0.0.1", kHasty);
    transfer.Open(transfer.upstream.address().port, 0);
    Peer server = transfer.upstream.Accept();
    EXPECT_EQ(transfer.Next(), "ready");
    Peer client = ConnectTo({"127.0.0.1", transfer.port});
    transfer.Begin(true, true);
    ASSERT_TRUE(client_hangs ? server.StartTls({.server = true}) : client.StartTls({}));
    EXPECT_EQ(transfer.Next(), "broken");
    EXPECT_EQ(transfer.Next(), "ended broken");
  }
}

TEST(DataConnectionTest, AClientThatNeverConnectsIsNotAwaitedForEver) {
  Transfer transfer(TlsMode::kOff, TlsMode::kOff, "127.0.0.1", kHasty);
  transfer.Open(transfer.upstream.address().port, 0);
  Peer server = transfer.upstream.Accept();
  EXPECT_EQ(transfer.Next(), "ready");
  transfer.Begin();
  EXPECT_EQ(transfer.Next(), "broken");
  EXPECT_EQ(transfer.Next(), "ended broken");
}

TEST(DataConnectionTest, ATransferThatHasBegunHasNoDeadline) {
  Transfer transfer(TlsMode::kOff, TlsMode::kOff, "127.0.0.1", kHasty);
  transfer.Open(transfer.upstream.address().port, 0);
  Peer server = transfer.upstream.Accept();
  EXPECT_EQ(transfer.Next(), "ready");
  Peer client = ConnectTo({"127.0.0.1", transfer.port});
  transfer.Begin();
  EXPECT_TRUE(server.Send("half"));
  EXPECT_EQ(client.Receive(4), "half");
  // Another data connection, which is begun later, meets its deadline first.
  Transfer other(TlsMode::kOff, TlsMode::kOff, "127.0.0.1", 2 * kHasty);
  other.Open(other.upstream.address().port, 0);
  Peer upstream = other.upstream.Accept();
  EXPECT_EQ(other.Next(), "ready");
  other.Begin();
  EXPECT_EQ(other.Next(), "broken");
  EXPECT_TRUE(server.Send("rest"));
  EXPECT_EQ(client.Receive(4), "rest");
  server.Finish();
  client.Finish();
  EXPECT_EQ(transfer.Next(), "ended");
}

// X2: of those that connect from the client's address, the client is the one with the right handshake.
TEST(DataConnectionTest, TheClientIsPickedOutByItsHandshake) {
  for (const bool early : {false, true}) {
    SCOPED_TRACE(early);
    Transfer transfer(TlsMode::kRequired);
    transfer.Open(transfer.upstream.address().port, 0, true);
    Peer server = transfer.upstream.Accept();
    EXPECT_EQ(transfer.Next(), "ready");
    Peer silent = ConnectTo({"127.0.0.1", transfer.port});
    Peer rude = ConnectTo({"127.0.0.1", transfer.port});
    Peer client = early ? ConnectTo({"127.0.0.1", transfer.port}) : Peer();
    transfer.Begin(true);
    EXPECT_TRUE(rude.Send("this is not TLS"));
    EXPECT_NE(rude.End(), Ending::kOpen);
    if (!early) client = ConnectTo({"127.0.0.1", transfer.port});
    ASSERT_TRUE(client.StartTls({}));
    EXPECT_TRUE(server.Send("secret"));
    EXPECT_EQ(client.Receive(6), "secret");
    EXPECT_EQ(silent.End(), Ending::kReset);
    transfer.Drop();
  }
}

TEST(DataConnectionTest, APeerThatDoesNotResumeIsDropped) {
  Transfer transfer(MakeConfig({.protocol = "ftp", .client = TlsMode::kRequired}, {}));
  transfer.Open(transfer.upstream.address().port, 0, true);
  Peer server = transfer.upstream.Accept();
  EXPECT_EQ(transfer.Next(), "ready");
  transfer.Begin(true);
  for (int i = 0; i < 2; ++i) {
    Peer stranger = ConnectTo({"127.0.0.1", transfer.port});
    (void)stranger.StartTls({});
    EXPECT_EQ(transfer.Next(), "stranger");
    EXPECT_NE(stranger.End(), Ending::kCloseNotify);
  }
  transfer.Drop();
}

// One more than are kept drops the oldest.
TEST(DataConnectionTest, StrangersThatOnlyConnect) {
  Transfer transfer(TlsMode::kRequired);
  transfer.Open(transfer.upstream.address().port, 0, true);
  Peer server = transfer.upstream.Accept();
  EXPECT_EQ(transfer.Next(), "ready");
  std::deque<Peer> silent;
  for (int i = 0; i < 9; ++i) silent.push_back(ConnectTo({"127.0.0.1", transfer.port}));
  EXPECT_EQ(silent.front().End(), Ending::kReset);
  transfer.Begin(false);
  EXPECT_TRUE(server.Send("clear after all"));
  EXPECT_EQ(silent[1].Receive(15), "clear after all");
  transfer.Drop();
}

TEST(DataConnectionTest, AClientThatNeverComes) {
  for (const bool silent : {false, true}) {
    SCOPED_TRACE(silent);
    config::Config config = MakeConfig({.protocol = "ftp", .client = TlsMode::kRequired}, {});
    config.limits.negotiation_timeout = std::chrono::milliseconds(50);
    Transfer transfer(config);
    transfer.Open(transfer.upstream.address().port, 0, true);
    Peer server = transfer.upstream.Accept();
    EXPECT_EQ(transfer.Next(), "ready");
    const Peer client = silent ? ConnectTo({"127.0.0.1", transfer.port}) : Peer();
    transfer.Begin(true);
    EXPECT_EQ(transfer.Next(), "broken");
    EXPECT_EQ(transfer.Next(), "ended broken");
    EXPECT_EQ(server.End(), Ending::kReset);
  }
}

TEST(DataConnectionTest, BytesForAClosedLegAreNotCounted) {
  Transfer transfer(TlsMode::kRequired, TlsMode::kRequired);
  transfer.Open(transfer.upstream.address().port, 0);
  Peer server = transfer.upstream.Accept();
  EXPECT_EQ(transfer.Next(), "ready");
  Peer client = ConnectTo({"127.0.0.1", transfer.port});
  transfer.Begin(true, true);
  ASSERT_TRUE(server.StartTls({.server = true}) && client.StartTls({}));
  EXPECT_TRUE(server.Send("half"));
  EXPECT_EQ(client.Receive(4), "half");
  client.Reset();
  EXPECT_EQ(transfer.Next(), "broken");
  EXPECT_TRUE(server.Send("the other half"));
  EXPECT_EQ(transfer.Next(), "ended broken");
  EXPECT_EQ(transfer.moved, 4U);
}

}  // namespace
}  // namespace starlock::session
