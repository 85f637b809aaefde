#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "driver/channel.h"
#include "driver/loop.h"
#include "driver/tls.h"

namespace starlock::bench {

/// What all clients of one load share.
struct Target {
  uint16_t port = 0;
  bool implicit = false;                 ///< TLS from the first byte
  bssl::UniquePtr<SSL_CTX> context;      ///< null: no TLS
  bssl::UniquePtr<SSL_SESSION> session;  ///< if set, every handshake offers it for resumption
  uint64_t resumed = 0;
  std::string agreed;  ///< version/cipher/group of the latest handshake
};

/// A connection to a proxy: connects, does the handshakes, and leaves the rest to the derived class. Any failure ends
/// the program.
class Client : public Watched {
 public:
  Client(Loop& loop, Blocks& blocks, Target& target);
  ~Client() override;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void OnReady(uint32_t events) override;

 protected:
  using Io = Channel::Io;

  /// Continues on the open connection, or after a handshake. kAgain: wait for the loop. kOk: OnDone follows.
  virtual Io Advance() = 0;
  /// May destroy this.
  virtual void OnDone() = 0;
  /// What the connection is doing, for an error message.
  virtual const char* Where() const = 0;

  /// Starts TLS. Advance must return right after it, and is called again after the handshake.
  void BeginTls();
  Channel& channel() { return channel_; }
  Target& target() { return target_; }
  /// Continues although the loop has reported nothing.
  void Work();
  /// Asks for another turn soon: there is more to do.
  void set_more() { more_ = true; }

 private:
  Io GoOn();

  Loop& loop_;
  Target& target_;
  Channel channel_;
  bool connecting_ = true;
  bool shaking_ = false;
  uint32_t events_;
  bool more_ = false;
};

/// Prints `ready` and waits for a line on stdin. Meanwhile the parent process reads its clocks.
void Rendezvous();

}  // namespace starlock::bench
