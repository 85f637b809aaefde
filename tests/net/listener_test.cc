#include "net/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "harness.h"

namespace starlock::net {
namespace {

ListeningSocket BindOne(const std::string& host = "127.0.0.1") {
  auto group = BindGroup({host, 0}, 1);
  EXPECT_TRUE(group.ok()) << group.error().detail;
  return std::move(group->front());
}

// --- BindGroup.

TEST(BindGroupTest, PortZeroIsSettledOnceForAll) {
  auto group = BindGroup({"127.0.0.1", 0}, 4);
  ASSERT_TRUE(group.ok()) << group.error().detail;
  ASSERT_EQ(group->size(), 4U);
  std::set<int> descriptors;
  for (const ListeningSocket& socket : *group) {
    EXPECT_NE(socket.address().port(), 0);
    EXPECT_EQ(socket.address(), group->front().address());
    descriptors.insert(socket.fd());
    EXPECT_NE(fcntl(socket.fd(), F_GETFL) & O_NONBLOCK, 0);
    EXPECT_NE(fcntl(socket.fd(), F_GETFD) & FD_CLOEXEC, 0);
  }
  EXPECT_EQ(descriptors.size(), 4U);
}

TEST(BindGroupTest, TheKernelSharesConnectionsOutAmongTheGroup) {
  auto group = BindGroup({"127.0.0.1", 0}, 2);
  ASSERT_TRUE(group.ok());
  std::vector<Descriptor> clients;
  int accepted[2] = {0, 0};
  for (int i = 0; i < 64; ++i) clients.push_back(ConnectTo(group->front().address()));
  for (size_t i = 0; i < 2; ++i) {
    while (Descriptor(accept((*group)[i].fd(), nullptr, nullptr))) ++accepted[i];
  }
  EXPECT_EQ(accepted[0] + accepted[1], 64);
  EXPECT_GT(accepted[0], 0);  // the socket that listened before the group existed belongs to it
  EXPECT_GT(accepted[1], 0);
}

// A naive SO_REUSEPORT would admit a second group, which would get half of the connections.
TEST(BindGroupTest, APortInUseIsFoundByEverySizeOfGroup) {
  for (const size_t first : {1U, 3U}) {
    auto group = BindGroup({"127.0.0.1", 0}, first);
    ASSERT_TRUE(group.ok());
    const HostPort taken{"127.0.0.1", group->front().address().port()};
    for (const size_t second : {1U, 3U}) {
      auto other = BindGroup(taken, second);
      ASSERT_FALSE(other.ok()) << first << " " << second;
      EXPECT_EQ(other.error().code, ErrorCode::kSystem);
      EXPECT_NE(other.error().detail.find(taken.ToString()), std::string::npos) << other.error().detail;
      EXPECT_NE(other.error().detail.find("Address already in use"), std::string::npos) << other.error().detail;
    }
  }
}

TEST(BindGroupTest, APortInUseByAnotherProcessIsFound) {
  auto group = BindGroup({"127.0.0.1", 0}, 2);
  ASSERT_TRUE(group.ok());
  const HostPort taken{"127.0.0.1", group->front().address().port()};
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // The fork has inherited our descriptors; another process would not have them.
    for (ListeningSocket& socket : *group) close(socket.Release());
    _exit(BindGroup(taken, 2).ok() ? 1 : 0);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(BindGroupTest, AStrangersReusePortSocketIsFound) {
  const SocketAddress any = SocketAddress::FromLiteral("127.0.0.1", 0).value();
  const Descriptor stranger(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ASSERT_EQ(setsockopt(stranger.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), 0);
  ASSERT_EQ(bind(stranger.get(), any.get(), any.size()), 0);
  ASSERT_EQ(listen(stranger.get(), 1), 0);
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  ASSERT_EQ(getsockname(stranger.get(), address, &size), 0);
  for (const size_t workers : {1U, 2U}) {
    EXPECT_FALSE(BindGroup({"127.0.0.1", SocketAddress(address, size).port()}, workers).ok());
    EXPECT_FALSE(BindGroup({"0.0.0.0", SocketAddress(address, size).port()}, workers).ok());
  }
}

// Of two that bind the same port at once, exactly one succeeds.
TEST(BindGroupTest, OfTwoThatRaceOneWins) {
  for (int round = 0; round < 30; ++round) {
    const HostPort wanted{"127.0.0.1", BindOne().address().port()};  // free again by now
    std::optional<Result<std::vector<ListeningSocket>>> results[2];
    std::thread threads[2];
    for (int i = 0; i < 2; ++i) threads[i] = std::thread([&, i] { results[i].emplace(BindGroup(wanted, 3)); });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(int{results[0]->ok()} + int{results[1]->ok()}, 1);
  }
}

TEST(BindGroupTest, ThePortIsFreeAgainWhenTheGroupIsGone) {
  const auto port = BindOne().address().port();
  {
    auto group = BindGroup({"127.0.0.1", port}, 2);
    ASSERT_TRUE(group.ok()) << group.error().detail;
    // A connection that we close first leaves a TIME_WAIT behind.
    const Descriptor client = ConnectTo(group->front().address());
    for (const ListeningSocket& socket : *group) Descriptor(accept(socket.fd(), nullptr, nullptr));
  }
  EXPECT_TRUE(BindGroup({"127.0.0.1", port}, 2).ok());
}

TEST(BindGroupTest, Ipv6IsIpv6Only) {
  auto six = BindGroup({"::", 0}, 2);
  ASSERT_TRUE(six.ok()) << six.error().detail;
  EXPECT_EQ(six->front().address().family(), AF_INET6);
  const auto port = six->front().address().port();
  auto four = BindGroup({"0.0.0.0", port}, 2);
  ASSERT_TRUE(four.ok()) << four.error().detail;
  EXPECT_EQ(four->front().address().ToString(), "0.0.0.0:" + std::to_string(port));
  auto again = BindGroup({"::", port}, 2);
  ASSERT_FALSE(again.ok());
  EXPECT_NE(again.error().detail.find("[::]:" + std::to_string(port)), std::string::npos) << again.error().detail;
}

TEST(BindGroupTest, ANameIsLookedUp) {
  auto group = BindGroup({"localhost", 0}, 1);
  ASSERT_TRUE(group.ok()) << group.error().detail;
  EXPECT_EQ(group->front().address().HostString(), "127.0.0.1");
}

TEST(BindGroupTest, AnUnknownNameOrAForeignAddressIsAnError) {
  auto unknown = BindGroup({"no such name", 25}, 1);
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code, ErrorCode::kInvalid);
  EXPECT_NE(unknown.error().detail.find("no such name:25"), std::string::npos);
  auto foreign = BindGroup({"192.0.2.1", 0}, 1);
  ASSERT_FALSE(foreign.ok());
  EXPECT_EQ(foreign.error().code, ErrorCode::kSystem);
  EXPECT_NE(foreign.error().detail.find("192.0.2.1:0"), std::string::npos) << foreign.error().detail;
}

// --- Listener.

class ListenerTest : public ::testing::Test {
 protected:
  void Listen(ListeningSocket socket) {
    auto created = Listener::Create(
        loop, std::move(socket),
        [this](std::unique_ptr<buffer::Stream> stream, const SocketAddress& peer) {
          accepted.push_back(std::move(stream));
          peers.push_back(peer);
          if (on_accept) on_accept();
        },
        [this](const Error& error) { pauses.push_back(error); });
    ASSERT_TRUE(created.ok()) << created.error().detail;
    listener = std::move(created).value();
  }

  Loop loop;
  std::vector<std::unique_ptr<buffer::Stream>> accepted;
  std::vector<SocketAddress> peers;
  std::vector<Error> pauses;
  std::function<void()> on_accept;
  std::unique_ptr<Listener> listener;
};

TEST_F(ListenerTest, AcceptsAndSaysWho) {
  Listen(BindOne());
  EXPECT_NE(listener->address().port(), 0);
  const Peer client(ConnectTo(listener->address()));
  RUN_UNTIL(loop, accepted.size() == 1);
  EXPECT_EQ(peers[0].HostString(), "127.0.0.1");
  EXPECT_NE(peers[0].port(), listener->address().port());
  accepted[0]->Write(Bytes(loop, "welcome"));
  EXPECT_EQ(client.Receive(7), "welcome");
  EXPECT_TRUE(pauses.empty());
}

TEST_F(ListenerTest, AcceptsOnIpv6) {
  Listen(BindOne("::1"));
  const Peer client(ConnectTo(listener->address()));
  RUN_UNTIL(loop, accepted.size() == 1);
  EXPECT_EQ(peers[0].HostString(), "::1");
}

TEST_F(ListenerTest, AcceptsABoundedNumberATurn) {
  Listen(BindOne());
  std::vector<Descriptor> clients;
  for (int i = 0; i < 200; ++i) clients.push_back(ConnectTo(listener->address()));
  while (accepted.size() < 200) {
    const size_t before = accepted.size();
    Turn(loop, 1);
    ASSERT_LE(accepted.size() - before, 16U);
  }
}

TEST_F(ListenerTest, AConnectionThatWasResetInTheBacklogDoesNoHarm) {
  Listen(BindOne());
  Peer gone(ConnectTo(listener->address()));
  gone.Reset();
  const Descriptor client = ConnectTo(listener->address());
  RUN_UNTIL(loop, accepted.size() >= 1 && peers.back().port() != 0);
  EXPECT_TRUE(pauses.empty());
}

TEST_F(ListenerTest, WithoutDescriptorsItPausesAndLaterServesTheBacklog) {
  Listen(BindOne());
  std::vector<Peer> clients;
  for (int i = 0; i < 3; ++i) clients.emplace_back(ConnectTo(listener->address()));
  {
    const NoDescriptors none;
    RUN_UNTIL(loop, pauses.size() == 1);
    EXPECT_EQ(pauses[0].code, ErrorCode::kSystem);
    EXPECT_NE(pauses[0].detail.find("Too many open files"), std::string::npos) << pauses[0].detail;
    EXPECT_NE(pauses[0].detail.find(listener->address().ToString()), std::string::npos) << pauses[0].detail;
    // It retries without spinning, and reports the pause once.
    EXPECT_LT(CpuTimeWhileIdle(loop, std::chrono::milliseconds(350)), std::chrono::milliseconds(100));
    EXPECT_EQ(pauses.size(), 1U);
    EXPECT_TRUE(accepted.empty());
  }
  RUN_UNTIL(loop, accepted.size() == 3);
  EXPECT_EQ(pauses.size(), 1U);
  for (size_t i = 0; i < 3; ++i) {
    accepted[i]->Write(Bytes(loop, "at last"));
    EXPECT_EQ(clients[i].Receive(7), "at last");
  }
  clients.emplace_back(ConnectTo(listener->address()));
  {
    const NoDescriptors none;
    RUN_UNTIL(loop, pauses.size() == 2);  // another pause
  }
  RUN_UNTIL(loop, accepted.size() == 4);
}

TEST_F(ListenerTest, ClosingServesTheBacklogFirst) {
  Listen(BindOne());
  const SocketAddress address = listener->address();
  std::vector<Peer> clients;
  for (int i = 0; i < 100; ++i) clients.emplace_back(ConnectTo(address));
  bool closed = false;
  listener->Close([&] { closed = true; });
  EXPECT_TRUE(accepted.empty());
  for (size_t before = 0; !closed; before = accepted.size()) {
    Turn(loop, 1);
    ASSERT_LE(accepted.size() - before, 16U);
  }
  EXPECT_EQ(accepted.size(), 100U);
  listener->Close([] { FAIL() << "closed twice"; });
  Turn(loop);
  for (size_t i = 0; i < 100; ++i) accepted[i]->Write(Bytes(loop, "421"));
  for (const Peer& client : clients) EXPECT_EQ(client.Receive(3), "421");
  // The socket is closed.
  EXPECT_TRUE(BindGroup({address.HostString(), address.port()}, 1).ok());
}

// Only the backlog of the beginning is served: a flood cannot keep a drain from ending.
TEST_F(ListenerTest, ClosingEndsWhateverArrivesMeanwhile) {
  Listen(BindOne());
  const SocketAddress address = listener->address();
  std::vector<Descriptor> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(ConnectTo(address));
  on_accept = [&] { clients.push_back(ConnectTo(address)); };
  bool closed = false;
  listener->Close([&] { closed = true; });
  RUN_UNTIL(loop, closed);
  EXPECT_EQ(accepted.size(), 20U);
}

TEST_F(ListenerTest, ClosingNowServesTheBacklogInsideTheCall) {
  Listen(BindOne());
  std::vector<Descriptor> clients;
  const SocketAddress address = listener->address();
  for (int i = 0; i < 40; ++i) clients.push_back(ConnectTo(address));
  on_accept = [&] { clients.push_back(ConnectTo(address)); };
  listener->CloseNow();
  EXPECT_EQ(accepted.size(), 40U);
  EXPECT_TRUE(BindGroup({address.HostString(), address.port()}, 1).ok());
}

// While the backlog is full, the kernel ignores the last segment of a handshake and repeats its own after a second. So
// the client is served later, not refused.
TEST_F(ListenerTest, AClientBeforeAFullBacklogIsServedLater) {
  ListeningSocket socket = BindOne();
  ASSERT_EQ(listen(socket.fd(), 1), 0);
  const SocketAddress address = socket.address();
  std::vector<Descriptor> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    ASSERT_TRUE(connect(clients.back().get(), address.get(), address.size()) == 0 || errno == EINPROGRESS);
  }
  Listen(std::move(socket));
  RUN_UNTIL(loop, accepted.size() == 4);
  EXPECT_TRUE(pauses.empty());
}

TEST_F(ListenerTest, ClosingInsideACall) {
  Listen(BindOne());
  std::vector<Descriptor> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(ConnectTo(listener->address()));
  on_accept = [&] {
    on_accept = nullptr;
    listener->Close(nullptr);
  };
  RUN_UNTIL(loop, accepted.size() == 5);
  Turn(loop);
}

TEST_F(ListenerTest, DestroyedInsideACall) {
  Listen(BindOne());
  std::vector<Peer> clients;
  for (int i = 0; i < 5; ++i) clients.emplace_back(ConnectTo(listener->address()));
  on_accept = [&] { listener.reset(); };
  RUN_UNTIL(loop, listener == nullptr);
  Turn(loop);
  EXPECT_EQ(accepted.size(), 1U);
  EXPECT_EQ(clients.back().Next(), "ECONNRESET");
}

TEST_F(ListenerTest, DestroyedInAPause) {
  Listen(BindOne());
  const Descriptor client = ConnectTo(listener->address());
  const NoDescriptors none;
  RUN_UNTIL(loop, pauses.size() == 1);
  listener.reset();
  Turn(loop);
}

// epoll refuses a regular file (EPERM), so one stands in for a socket that cannot be watched.
TEST(ListenerCreateTest, FailsIfTheSocketCannotBeWatched) {
  Loop loop;
  ListeningSocket socket = BindOne();
  const std::string address = socket.address().ToString();
  const Descriptor regular(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(regular);
  ASSERT_EQ(dup2(regular.get(), socket.fd()), socket.fd());
  const auto listener = Listener::Create(
      loop, std::move(socket), [](auto, const SocketAddress&) { FAIL(); }, [](const Error&) { FAIL(); });
  ASSERT_FALSE(listener.ok());
  EXPECT_EQ(listener.error().code, ErrorCode::kSystem);
  EXPECT_EQ(listener.error().detail,
            "cannot listen on " + address + ": cannot watch a socket: Operation not permitted");
}

TEST(ListenerGroupTest, EachWorkerServesItsShareOnItsOwnThread) {
  constexpr size_t kWorkers = 2;
  constexpr int kClients = 64;
  auto group = BindGroup({"127.0.0.1", 0}, kWorkers);
  ASSERT_TRUE(group.ok());
  const SocketAddress address = group->front().address();
  struct Worker {
    Loop loop;
    std::vector<std::unique_ptr<buffer::Stream>> streams;
    std::unique_ptr<Listener> listener;
  };
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::thread> threads;
  for (ListeningSocket& socket : *group) {
    auto worker = std::make_unique<Worker>();
    auto listener = Listener::Create(
        worker->loop, std::move(socket),
        [w = worker.get()](auto stream, const SocketAddress&) {
          stream->Write(Bytes(w->loop, "hello"));
          w->streams.push_back(std::move(stream));
        },
        [](const Error& error) { FAIL() << error.detail; });
    ASSERT_TRUE(listener.ok());
    worker->listener = std::move(listener).value();
    threads.emplace_back([w = worker.get()] {
      w->loop.Run();
      w->listener->CloseNow();
      w->listener.reset();
      w->streams.clear();
    });
    workers.push_back(std::move(worker));
  }
  std::vector<Peer> clients;
  for (int i = 0; i < kClients; ++i) clients.emplace_back(ConnectTo(address));
  for (const Peer& client : clients) EXPECT_EQ(client.Receive(5), "hello");
  for (const auto& worker : workers) worker->loop.Post([w = worker.get()] { w->loop.Stop(); });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace starlock::net
