#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "driver/channel.h"
#include "driver/loop.h"
#include "driver/tls.h"

namespace starlock::bench {

/// What all clients of a load share.
struct Target {
  uint16_t port = 0;
  bool implicit = false;                 ///< TLS from the first byte
  bssl::UniquePtr<SSL_CTX> context;      ///< for implicit and for upgrades; null where there is no TLS
  bssl::UniquePtr<SSL_SESSION> session;  ///< to be resumed, where set
  uint64_t resumed = 0;
  std::string agreed;  ///< in the last handshake
};

/// A connection of ours to a proxy: connects, shakes hands where that is due, then does what it is for. Any failure
/// ends the program.
class Client : public Watched {
 public:
  Client(Loop& loop, Blocks& blocks, Target& target);
  ~Client() override;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void OnReady(uint32_t events) override;

 protected:
  using Io = Channel::Io;

  /// Goes on, once the connection stands: kAgain where it must wait; kOk: OnDone is due.
  virtual Io Advance() = 0;
  /// May destroy this.
  virtual void OnDone() = 0;
  virtual const char* Where() const = 0;

  void BeginTls();
  Channel& channel() { return channel_; }
  Target& target() { return target_; }
  /// Goes on although nothing has come.
  void Work();
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

/// Prints `ready` and waits for a line on stdin: whoever started us looks at clocks meanwhile.
void Rendezvous();

}  // namespace starlock::bench
