#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "buffer/stream.h"
#include "net/loop.h"
#include "tls/tls_stream.h"

namespace starlock::cli {

/// Who holds a channel. Must not destroy it from inside these.
class ChannelOwner {
 public:
  virtual ~ChannelOwner() = default;
  /// There is more input than before, or there will be no more (ended()).
  virtual void OnInput() = 0;
  virtual void OnTls(const tls::TlsInfo& info) = 0;
  /// The connection is gone. kNone: both directions ended in order.
  virtual void OnClosed(const Error& error) = 0;
};

/// One end of a connection of the command line's own (a probe's, the demonstration's): what has come and was not used
/// yet in one piece, and TLS from the moment that it is asked for. Reads without pause: for small talk only.
class Channel final : private tls::TlsHandler {
 public:
  Channel(net::Loop& loop, ChannelOwner& owner) : loop_(loop), owner_(owner) {}
  ~Channel() override = default;
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  /// Takes a connection, and begins to read.
  void Open(std::unique_ptr<buffer::Stream> stream);
  /// Begins TLS in the client role. All input must have been used.
  void ConnectTls(tls::ClientContext& context);
  /// Begins TLS in the server role, with the input that is left.
  void AcceptTls(tls::ServerContext& context);
  void Write(std::string_view bytes);
  /// Ends our direction, in order.
  void End();

  std::string input;  ///< the owner removes what it has used
  bool ended() const { return ended_; }
  bool truncated() const { return truncated_; }
  /// What the peer showed of itself; nothing before TLS has begun.
  tls::PeerInfo peer() const { return tls_ != nullptr ? tls_->peer() : tls::PeerInfo{}; }

 private:
  void OnData(buffer::Chain& in) override;
  void OnWritable() override {}
  void OnEnd(buffer::StreamEnd end) override;
  void OnClosed(const Error& error) override { owner_.OnClosed(error); }
  void OnHandshake(const tls::TlsInfo& info) override { owner_.OnTls(info); }
  void Wear(std::unique_ptr<tls::TlsStream> tls);

  net::Loop& loop_;
  ChannelOwner& owner_;
  std::unique_ptr<buffer::Stream> stream_;
  tls::TlsStream* tls_ = nullptr;  ///< is `stream_`, once there is TLS
  bool ended_ = false;
  bool truncated_ = false;
};

}  // namespace starlock::cli
