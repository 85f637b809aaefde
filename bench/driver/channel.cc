#include "driver/channel.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "driver/loop.h"

namespace starlock::bench {

Blocks::Block Blocks::Take() {
  if (free_.empty()) return {static_cast<char*>(std::aligned_alloc(4096, kBatch)), std::free};
  Block block = std::move(free_.back());
  free_.pop_back();
  return block;
}

/// The BIO between BoringSSL and the channel's buffers.
struct SocketBio {
  static Channel& Of(BIO* bio) { return *static_cast<Channel*>(BIO_get_data(bio)); }

  static int Read(BIO* bio, char* into, int size) {
    BIO_clear_retry_flags(bio);
    Channel& channel = Of(bio);
    const int n = channel.BioRead(into, static_cast<size_t>(size));
    if (n < 0) BIO_set_retry_read(bio);
    return n;
  }

  static int Write(BIO* bio, const char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    Channel& channel = Of(bio);
    if (!channel.out_) channel.out_ = channel.blocks_.Take();
    const size_t n = std::min(static_cast<size_t>(size), kBatch - channel.out_end_);
    if (n == 0) {
      BIO_set_retry_write(bio);
      return -1;
    }
    std::memcpy(channel.out_.get() + channel.out_end_, bytes, n);
    channel.out_end_ += n;
    return static_cast<int>(n);
  }

  static long Control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  static const BIO_METHOD* Method() {
    static const BIO_METHOD* const method = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index(), "socket");
      BIO_meth_set_read(made, Read);
      BIO_meth_set_write(made, Write);
      BIO_meth_set_ctrl(made, Control);
      BIO_meth_set_create(made, [](BIO* bio) {
        BIO_set_init(bio, 1);
        return 1;
      });
      return made;
    }();
    return method;
  }
};

Channel::Channel(int fd, Blocks& blocks)
    : fd_(fd), blocks_(blocks), in_(nullptr, std::free), out_(nullptr, std::free) {}

Channel::~Channel() {
  if (in_) blocks_.Give(std::move(in_));
  if (out_) blocks_.Give(std::move(out_));
  close(fd_);
}

void Channel::BeginTls(SSL_CTX* context, bool server, SSL_SESSION* resume) {
  ssl_.reset(SSL_new(context));
  BIO* bio = BIO_new(SocketBio::Method());
  BIO_set_data(bio, this);
  SSL_set_bio(ssl_.get(), bio, bio);
  if (server) {
    SSL_set_accept_state(ssl_.get());
  } else {
    SSL_set_connect_state(ssl_.get());
    SSL_set_tlsext_host_name(ssl_.get(), "localhost");
    if (resume != nullptr) SSL_set_session(ssl_.get(), resume);
  }
  SSL_set_shed_handshake_config(ssl_.get(), 1);
}

/// 0: the peer has ended. -1: nothing has arrived.
int Channel::BioRead(char* into, size_t size) {
  if (in_begin_ == in_end_) {
    if (ended_) return 0;
    if (drained_) return -1;
    if (!in_) in_ = blocks_.Take();
    const ssize_t got = recv(fd_, in_.get(), kBatch, 0);
    if (got < 0) {
      if (errno == EAGAIN) drained_ = true;
      blocks_.Give(std::move(in_));
      if (drained_) return -1;
      ended_ = true;
      return 0;
    }
    ended_ = got == 0;
    drained_ = static_cast<size_t>(got) < kBatch;
    in_begin_ = 0;
    in_end_ = static_cast<size_t>(got);
  }
  const size_t n = std::min(size, in_end_ - in_begin_);
  std::memcpy(into, in_.get() + in_begin_, n);
  in_begin_ += n;
  if (in_begin_ == in_end_) blocks_.Give(std::move(in_));
  return static_cast<int>(n);
}

Channel::Io Channel::Result(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return Io::kAgain;
    case SSL_ERROR_ZERO_RETURN:
    case SSL_ERROR_SYSCALL:
      return Io::kEnd;
    default:
      return Io::kFailed;
  }
}

Channel::Io Channel::Handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  const Io sent = Flush();
  if (result == 1) return sent;
  const Io io = Result(result);
  return io == Io::kEnd ? Io::kFailed : io;
}

Channel::Io Channel::Read(std::span<char> into, size_t& n) {
  n = 0;
  if (!ssl_) {
    if (drained_) return Io::kAgain;
    const ssize_t got = recv(fd_, into.data(), into.size(), 0);
    if (got < 0) return errno == EAGAIN ? Io::kAgain : Io::kFailed;
    n = static_cast<size_t>(got);
    drained_ = n < into.size() && n > 0;
    return got == 0 ? Io::kEnd : Io::kOk;
  }
  ERR_clear_error();
  Io io = Io::kOk;
  while (n < into.size()) {
    const int got = SSL_read(ssl_.get(), into.data() + n, static_cast<int>(into.size() - n));
    if (got <= 0) {
      io = Result(got);
      break;
    }
    n += static_cast<size_t>(got);
  }
  return n > 0 ? Io::kOk : io;
}

Channel::Io Channel::SendSome(std::string_view bytes, size_t& n) {
  const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) return Io::kFailed;
  n = sent < 0 ? 0 : static_cast<size_t>(sent);
  blocked_ = n < bytes.size();
  return blocked_ ? Io::kAgain : Io::kOk;
}

Channel::Io Channel::Flush() {
  if (!out_) return Io::kOk;
  size_t n = 0;
  const Io io = SendSome({out_.get() + out_begin_, out_end_ - out_begin_}, n);
  out_begin_ += n;
  if (io == Io::kOk) {
    blocks_.Give(std::move(out_));
    out_begin_ = out_end_ = 0;
  }
  return io;
}

Channel::Io Channel::Write(std::string_view bytes, size_t& n) {
  n = 0;
  if (!ssl_) return SendSome(bytes.substr(0, kBatch), n);
  constexpr size_t kOverhead = 5 + 1 + 16 + 8;
  while (n < bytes.size()) {
    if (const Io io = Flush(); io != Io::kOk) return io;
    while (n < bytes.size()) {
      const size_t piece = std::min(record_, bytes.size() - n);
      if (out_end_ + piece + kOverhead > kBatch) break;
      if (SSL_write(ssl_.get(), bytes.data() + n, static_cast<int>(piece)) != static_cast<int>(piece)) {
        return Io::kFailed;
      }
      n += piece;
    }
  }
  return Flush();
}

void Channel::End() {
  if (ssl_) {
    SSL_shutdown(ssl_.get());
    Flush();
  }
  shutdown(fd_, SHUT_WR);
}

}  // namespace starlock::bench
