#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/host_port.h"
#include "base/result.h"
#include "cli/channel.h"
#include "cli/demo_part.h"
#include "net/connector.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/resolver.h"

namespace starlock::cli {

/// Speaks a part on a connection.
class Player final : private ChannelOwner {
 public:
  /// What the part's upgrade is made with: one of them, or none.
  struct Tls {
    tls::ServerContext* server = nullptr;
    tls::ClientContext* client = nullptr;
  };

  /// `on_over` is told once, when the connection is over, whether in order or not.
  Player(net::Loop& loop, std::unique_ptr<Part> part, Tls tls, std::function<void()> on_over);

  void Open(std::unique_ptr<buffer::Stream> stream);
  /// The connection could not be made.
  void Fail(std::string trouble) { Finish(std::move(trouble)); }

  bool over() const { return over_; }
  /// Why the part could not be played to its end; empty: it was.
  const std::string& trouble() const { return trouble_; }
  /// What the handshake came to.
  const std::optional<tls::TlsInfo>& tls() const { return info_; }
  tls::PeerInfo peer() const { return channel_.peer(); }

 private:
  void OnInput() override;
  void OnTls(const tls::TlsInfo& info) override;
  void OnClosed(const Error& error) override;
  bool TakeUnit();
  bool Upgrade();
  void Finish(std::string trouble);

  const std::unique_ptr<Part> part_;
  const Tls tls_;
  const std::function<void()> on_over_;
  std::optional<tls::TlsInfo> info_;
  std::string trouble_;
  bool handshaking_ = false;
  bool ended_ = false;
  bool over_ = false;
  Channel channel_;
};

/// A server on a loopback port: a player for each connection.
class DemoServer {
 public:
  using MakePart = std::function<std::unique_ptr<Part>()>;

  static Result<std::unique_ptr<DemoServer>> Open(net::Loop& loop, MakePart make_part, tls::ServerContext* tls);

  HostPort address() const;
  /// What the last handshake came to.
  std::optional<tls::TlsInfo> tls() const;

 private:
  DemoServer() = default;

  std::vector<std::unique_ptr<Player>> sessions_;
  std::unique_ptr<net::Listener> listener_;
};

}  // namespace starlock::cli
