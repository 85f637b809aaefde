#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace starlock::bench {

/// The most bytes that one system call reads or writes.
inline constexpr size_t kBatch = 256 * 1024;

/// A pool of page-aligned blocks of kBatch bytes. An idle connection holds none, so 10,000 of them need no memory here.
class Blocks {
 public:
  using Block = std::unique_ptr<char, void (*)(void*)>;
  Block Take();
  void Give(Block block) { free_.push_back(std::move(block)); }

 private:
  std::vector<Block> free_;
};

/// A non-blocking socket, with TLS or without. One system call reads all records that have arrived, and one writes all
/// that were sealed: the load must need less CPU than the proxy that it measures.
class Channel {
 public:
  enum class Io : uint8_t {
    kOk,
    kAgain,   ///< wait for the loop
    kEnd,     ///< the peer has ended its direction, with or without close_notify
    kFailed,  ///< a reset or a TLS error
  };

  Channel(int fd, Blocks& blocks);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  int fd() const { return fd_; }
  SSL* ssl() const { return ssl_.get(); }
  /// Starts TLS. `resume`: the session to resume, or null.
  void BeginTls(SSL_CTX* context, bool server, SSL_SESSION* resume);
  /// Sets the most bytes of plaintext per record. Without TLS it has no effect.
  void set_record(size_t record) { record_ = record; }

  /// The loop has reported the socket ready.
  void Ready() { drained_ = false; }
  /// Continues the handshake. kOk: it is complete.
  Io Handshake();
  /// Reads what has arrived; `n`: how many bytes.
  Io Read(std::span<char> into, size_t& n);
  /// Takes `n` of the bytes: fewer than all with kAgain.
  Io Write(std::string_view bytes, size_t& n);
  /// Sends what Write has taken and not sent.
  Io Flush();
  /// Ends our direction: close_notify and FIN, as far as the socket takes them without waiting.
  void End();
  /// Unsent bytes wait until the socket is writable.
  bool wants_write() const { return blocked_; }

 private:
  friend struct SocketBio;
  int BioRead(char* into, size_t size);
  Io Result(int result);
  Io SendSome(std::string_view bytes, size_t& n);

  int fd_;
  Blocks& blocks_;
  bssl::UniquePtr<SSL> ssl_;
  Blocks::Block in_;
  size_t in_begin_ = 0;
  size_t in_end_ = 0;
  Blocks::Block out_;
  size_t out_begin_ = 0;
  size_t out_end_ = 0;
  size_t record_ = 16384;
  bool drained_ = false;
  bool ended_ = false;
  bool blocked_ = false;
};

}  // namespace starlock::bench
