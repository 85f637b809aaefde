#include "harness.h"

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <iterator>
#include <utility>

namespace starlock::net {
namespace {

// Limits blocking calls of the tests.
void SetPatience(int fd) {
  const timeval patience{kPatience.count(), 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
}

SocketAddress LocalAddress(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  EXPECT_EQ(getsockname(fd, address, &size), 0);
  return {address, size};
}

}  // namespace

bool RunUntil(Loop& loop, const std::function<bool()>& holds, std::chrono::milliseconds patience) {
  const auto deadline = Loop::Clock::now() + patience;
  Timer tick(loop, [&loop] { loop.Stop(); });
  while (!holds()) {
    if (Loop::Clock::now() >= deadline) return false;
    tick.Start(std::chrono::milliseconds(1));
    loop.Run();
  }
  return true;
}

void Turn(Loop& loop, int turns) {
  for (int i = 0; i < turns; ++i) {
    loop.Defer([&loop] { loop.Stop(); });
    loop.Run();
  }
}

std::chrono::milliseconds CpuTimeWhileIdle(Loop& loop, std::chrono::milliseconds how_long) {
  const auto used = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  };
  const auto before = used();
  Timer timer(loop, [&loop] { loop.Stop(); });
  timer.Start(how_long);
  loop.Run();
  return std::chrono::duration_cast<std::chrono::milliseconds>(used() - before);
}

buffer::Chain Bytes(Loop& loop, std::string_view bytes) {
  buffer::Chain chain;
  chain.Copy(loop.pool(), bytes);
  return chain;
}

std::string Pattern(size_t size) {
  std::string bytes(size, '\0');
  uint32_t state = 1;
  for (char& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

void Recorder::OnData(buffer::Chain& in) {
  EXPECT_FALSE(in.empty());
  EXPECT_FALSE(ended);
  EXPECT_FALSE(closed);
  if (events.empty() || events.back() != "data") events.emplace_back("data");
  if (on_data) {
    on_data(in);
    return;
  }
  data += in.ToString();
  in.Clear();
}

void Recorder::OnWritable() {
  EXPECT_FALSE(closed);
  events.emplace_back("writable");
  ++writable;
  if (on_writable) on_writable();
}

void Recorder::OnEnd(buffer::StreamEnd end) {
  EXPECT_EQ(end, buffer::StreamEnd::kClean);
  EXPECT_FALSE(ended);
  EXPECT_FALSE(closed);
  events.emplace_back("end");
  ended = true;
  if (on_end) on_end();
}

void Recorder::OnClosed(const Error& how) {
  EXPECT_FALSE(closed);
  events.emplace_back(how ? "broken" : "closed");
  closed = true;
  error = how;
  if (on_closed) on_closed();
}

void Peer::Send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t n = send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ASSERT_GT(n, 0) << strerror(errno);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
}

std::string Peer::Receive(size_t size) const {
  std::string bytes(size, '\0');
  size_t have = 0;
  while (have < size) {
    const ssize_t n = recv(fd(), bytes.data() + have, size - have, 0);
    if (n <= 0) break;
    have += static_cast<size_t>(n);
  }
  bytes.resize(have);
  return bytes;
}

std::string Peer::Next() const {
  char byte = 0;
  const ssize_t n = recv(fd(), &byte, 1, 0);
  if (n > 0) return "data";
  return n == 0 ? "end" : strerrorname_np(errno);
}

std::string Peer::Available() const {
  std::string bytes;
  std::array<char, 16384> part{};
  ssize_t n = 0;
  while ((n = recv(fd(), part.data(), part.size(), MSG_DONTWAIT)) > 0)
    bytes.append(part.data(), static_cast<size_t>(n));
  return bytes;
}

void Peer::WaitUntilAcknowledged() const {
  int pending = 1;
  const auto deadline = Loop::Clock::now() + kPatience;
  while (pending > 0 && Loop::Clock::now() < deadline) ASSERT_EQ(ioctl(fd(), SIOCOUTQ, &pending), 0);
  ASSERT_EQ(pending, 0);
}

void Peer::Shut() const { ASSERT_EQ(shutdown(fd(), SHUT_WR), 0); }

void Peer::Reset() {
  const linger at_once{1, 0};
  ASSERT_EQ(setsockopt(fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
  Close();
}

Acceptor::Acceptor(int backlog, const SocketAddress& wanted)
    : socket(::socket(wanted.family(), SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (bind(socket.get(), wanted.get(), wanted.size()) != 0) {
    EXPECT_EQ(errno, EADDRINUSE);
    socket.Close();
    return;
  }
  if (backlog != kDeaf) {
    EXPECT_EQ(listen(socket.get(), backlog), 0);
  }
  address = LocalAddress(socket.get());
  SetPatience(socket.get());
}

Acceptor::Acceptor(int backlog, const std::string& host)
    : Acceptor(backlog, SocketAddress::FromLiteral(host, 0).value()) {}

std::vector<Acceptor> Acceptor::OnOnePort(const std::vector<std::pair<int, std::string>>& hosts) {
  // A port that is free on one address may be in use on another, for example by a client.
  std::vector<Acceptor> acceptors;
  for (int attempt = 0; attempt < 100 && acceptors.size() < hosts.size(); ++attempt) {
    acceptors.clear();
    uint16_t port = 0;
    for (const auto& [backlog, host] : hosts) {
      Acceptor acceptor(backlog, SocketAddress::FromLiteral(host, port).value());
      if (!acceptor.socket) break;
      port = acceptor.address.port();
      acceptors.push_back(std::move(acceptor));
    }
  }
  EXPECT_EQ(acceptors.size(), hosts.size());
  return acceptors;
}

Descriptor Acceptor::Accept() const {
  Descriptor accepted(accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
  EXPECT_TRUE(accepted) << strerror(errno);
  SetPatience(accepted.get());
  return accepted;
}

Descriptor ConnectTo(const SocketAddress& address, int receive_buffer) {
  Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (receive_buffer > 0) {
    EXPECT_EQ(setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer)), 0);
  }
  SetPatience(socket.get());
  EXPECT_EQ(connect(socket.get(), address.get(), address.size()), 0) << strerror(errno);
  return socket;
}

size_t OpenDescriptors() {
  const auto all = std::filesystem::directory_iterator("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(all), end(all))) - 1;  // without the iterator's own descriptor
}

NoDescriptors::NoDescriptors() {
  EXPECT_EQ(getrlimit(RLIMIT_NOFILE, &before_), 0);
  const Descriptor lowest(dup(0));
  rlimit none = before_;
  none.rlim_cur = static_cast<rlim_t>(lowest.get());
  EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
}

NoDescriptors::~NoDescriptors() { EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &before_), 0); }

StreamTest::StreamTest(int peer_receive_buffer) {
  const Acceptor acceptor;
  peer = Peer(ConnectTo(acceptor.address, peer_receive_buffer));
  Descriptor accepted = acceptor.Accept();
  fd = accepted.get();
  if (peer_receive_buffer > 0) {
    const int size = 131'072;  // the kernel's default may be megabytes
    EXPECT_EQ(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
  }
  auto adopted = TcpStream::Adopt(loop, std::move(accepted));
  EXPECT_TRUE(adopted.ok());
  stream = std::move(*adopted);
  stream->SetHandler(&seen);
}

}  // namespace starlock::net
