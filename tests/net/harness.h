#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "buffer/chain.h"
#include "buffer/stream.h"
#include "net/descriptor.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/socket_address.h"
#include "net/tcp_stream.h"

namespace starlock::net {

inline constexpr std::chrono::seconds kPatience{60};

/// Runs the loop until `holds` returns true. Fails the test after a deadline.
#define RUN_UNTIL(loop, holds) ASSERT_TRUE(RunUntil(loop, [&] { return static_cast<bool>(holds); })) << #holds
bool RunUntil(Loop& loop, const std::function<bool()>& holds, std::chrono::milliseconds patience = kPatience);
/// Runs `turns` turns of the loop without waiting, so that everything due has happened.
void Turn(Loop& loop, int turns = 5);

/// The CPU time that the loop uses in `how_long` of idleness.
std::chrono::milliseconds CpuTimeWhileIdle(Loop& loop, std::chrono::milliseconds how_long);

buffer::Chain Bytes(Loop& loop, std::string_view bytes);
/// `size` bytes that repeat only after 2^32 of them.
std::string Pattern(size_t size);

/// Records the events of a stream, and consumes all data if `take` is set.
struct Recorder : buffer::StreamHandler {
  void OnData(buffer::Chain& in) override;
  void OnWritable() override;
  void OnEnd(buffer::StreamEnd end) override;
  void OnClosed(const Error& error) override;

  std::string data;
  std::vector<std::string> events;  ///< data, writable, end, closed:<code>; consecutive data counts once
  bool ended = false;
  bool closed = false;
  Error error;
  int writable = 0;
  std::function<void(buffer::Chain&)> on_data;  ///< called instead of consuming all
  std::function<void()> on_end, on_closed, on_writable;
};

/// A blocking socket: the peer of a stream.
class Peer {
 public:
  explicit Peer(Descriptor socket) : socket_(std::move(socket)) {}
  int fd() const { return socket_.get(); }
  void Send(std::string_view bytes) const;
  /// Reads until it has `size` bytes, an end or an error, or until a timeout.
  std::string Receive(size_t size) const;
  /// The result of the next read: "data", "end", or the errno's name.
  std::string Next() const;
  /// What has arrived, without waiting.
  std::string Available() const;
  /// Waits until the other end's kernel has acknowledged everything.
  void WaitUntilAcknowledged() const;
  void Shut() const;
  void Close() { socket_.Close(); }
  void Reset();

 private:
  Descriptor socket_;
};

/// A listening socket, and its address. With kDeaf it is bound but does not listen: connections are refused.
struct Acceptor {
  static constexpr int kDeaf = -1;
  explicit Acceptor(int backlog = 16, const std::string& host = "127.0.0.1");
  /// One socket per host, all on the same port.
  static std::vector<Acceptor> OnOnePort(const std::vector<std::pair<int, std::string>>& hosts);
  Descriptor Accept() const;
  Descriptor socket;
  SocketAddress address;

 private:
  Acceptor(int backlog, const SocketAddress& wanted);
};

/// A blocking connection to `address`; `receive_buffer`: SO_RCVBUF, 0: the kernel's.
Descriptor ConnectTo(const SocketAddress& address, int receive_buffer = 0);

/// The number of open descriptors of this process.
size_t OpenDescriptors();

/// Exhausts the descriptors of this process during its lifetime.
class NoDescriptors {
 public:
  NoDescriptors();
  ~NoDescriptors();
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

/// A loop, a stream on it, and the peer at its other end. With a small `peer_receive_buffer` the stream's own send
/// buffer is no more than 256 KiB.
class StreamTest : public ::testing::Test {
 protected:
  explicit StreamTest(int peer_receive_buffer = 0);

  Loop loop;
  Recorder seen;
  Peer peer{Descriptor()};
  std::unique_ptr<TcpStream> stream;
  int fd = -1;  ///< of the stream
};

}  // namespace starlock::net
