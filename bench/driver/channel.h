#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace starlock::bench {

/// Bytes that one read or write of a socket carries at most.
inline constexpr size_t kBatch = 256 * 1024;

/// Page-aligned blocks of kBatch bytes. A connection that is idle holds none, so ten thousand cost nothing.
class Blocks {
 public:
  using Block = std::unique_ptr<char, void (*)(void*)>;
  Block Take();
  void Give(Block block) { free_.push_back(std::move(block)); }

 private:
  std::vector<Block> free_;
};

/// A non-blocking socket, with TLS or without. One read of it takes as many records as have come, and one write carries
/// as many as were sealed: the load must cost less than what it measures.
class Channel {
 public:
  enum class Io : uint8_t {
    kOk,
    kAgain,   ///< nothing can be done until the loop says so
    kEnd,     ///< the peer has ended (with or without close_notify)
    kFailed,  ///< reset, or TLS that went wrong
  };

  Channel(int fd, Blocks& blocks);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  int fd() const { return fd_; }
  SSL* ssl() const { return ssl_.get(); }
  /// TLS from here on, with what `context` allows. `resume` may be null.
  void BeginTls(SSL_CTX* context, bool server, SSL_SESSION* resume);
  /// Bytes of plaintext a record holds at most, or a write where there is no TLS.
  void set_record(size_t record) { record_ = record; }

  /// The loop says that the socket has more.
  void Ready() { drained_ = false; }
  /// Goes on with the handshake: kOk once it is done.
  Io Handshake();
  Io Read(std::span<char> into, size_t& n);
  /// Takes what it can of `bytes`: `n` may be less than all with kAgain.
  Io Write(std::string_view bytes, size_t& n);
  /// Sends what was taken and is still here.
  Io Flush();
  /// Nothing more will be written: close_notify and FIN, as far as that goes without waiting.
  void End();
  /// Something waits for the socket to become writable.
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
