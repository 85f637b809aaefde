#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "buffer/stream.h"
#include "net/loop.h"
#include "tls/tls_stream.h"

namespace starlock::demo {

/// The owner of a channel. It must not destroy the channel from inside these calls.
class ChannelOwner {
 public:
  virtual ~ChannelOwner() = default;
  /// `Channel::input` has grown, or the peer's direction has ended (`Channel::ended`).
  virtual void OnInput() = 0;
  /// The TLS handshake succeeded.
  virtual void OnTls(const tls::TlsInfo& info) = 0;
  /// The connection is closed. kNone: both directions ended in order. Called once.
  virtual void OnClosed(const Error& error) = 0;
};

/// One end of a connection that this process makes on its own behalf: a client or server of the demonstration, or a
/// probe. Collects unread input in one string, and can start TLS in place. It always reads and never limits its
/// buffers, so it is only for short exchanges.
class Channel final : private tls::TlsHandler {
 public:
  Channel(net::Loop& loop, ChannelOwner& owner) : loop_(loop), owner_(owner) {}
  ~Channel() override = default;
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  /// Takes over an open connection and starts to read.
  void Open(std::unique_ptr<buffer::Stream> stream);
  /// Starts TLS in the client role. `input` must be empty.
  void ConnectTls(tls::ClientContext& context);
  /// Starts TLS in the server role. What is left of `input` goes to the handshake.
  void AcceptTls(tls::ServerContext& context);
  /// Does nothing before Open.
  void Write(std::string_view bytes);
  /// Ends our direction in order. Does nothing the second time.
  void End();

  std::string input;  ///< what was received; the owner erases what it has used
  bool ended() const { return ended_; }
  bool truncated() const { return truncated_; }
  /// The server's certificates and their verification. Empty before TLS.
  tls::PeerInfo peer() const { return tls_ != nullptr ? tls_->peer() : tls::PeerInfo{}; }

 private:
  void OnData(buffer::Chain& in) override;
  void OnWritable() override {}
  void OnEnd(buffer::StreamEnd end) override;
  void OnClosed(const Error& error) override { owner_.OnClosed(error); }
  void OnHandshake(const tls::TlsInfo& info) override { owner_.OnTls(info); }
  void Install(std::unique_ptr<tls::TlsStream> tls);

  net::Loop& loop_;
  ChannelOwner& owner_;
  std::unique_ptr<buffer::Stream> stream_;
  tls::TlsStream* tls_ = nullptr;  ///< `stream_`, once it is TLS
  bool ended_ = false;
  bool truncated_ = false;
  bool end_sent_ = false;
};

}  // namespace starlock::demo
