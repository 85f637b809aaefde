#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/host_port.h"
#include "base/result.h"
#include "demo/channel.h"
#include "demo/part.h"
#include "net/connector.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/resolver.h"

namespace starlock::demo {

/// Plays a part on a connection: passes it the input unit by unit, and does what it says.
class Player final : private ChannelOwner {
 public:
  /// The context for the part's upgrade: at most one is set. Not owned.
  struct Tls {
    tls::ServerContext* server = nullptr;
    tls::ClientContext* client = nullptr;
  };

  /// `on_over` is called once, when the connection is closed or has failed.
  Player(net::Loop& loop, std::unique_ptr<Part> part, Tls tls, std::function<void()> on_over);

  void Open(std::unique_ptr<buffer::Stream> stream);
  /// The connection could not be made.
  void Fail(std::string trouble) { Finish(std::move(trouble)); }

  bool over() const { return phase_ == Phase::kOver; }
  /// Why the part did not reach its end; empty: it did.
  const std::string& trouble() const { return trouble_; }
  /// The result of the handshake, once it succeeded.
  const std::optional<tls::TlsInfo>& tls() const { return info_; }
  tls::PeerInfo peer() const { return channel_.peer(); }

 private:
  enum class Phase : uint8_t {
    kTalk,
    kHandshake,
    kDone,  ///< the part has said everything; the connection is closing
    kOver,
  };

  void OnInput() override;
  void OnTls(const tls::TlsInfo& info) override;
  void OnClosed(const Error& error) override;
  bool PlayUnit();
  void Upgrade();
  void Finish(std::string trouble);

  const std::unique_ptr<Part> part_;
  const Tls tls_;
  const std::function<void()> on_over_;
  std::optional<tls::TlsInfo> info_;
  std::string trouble_;
  Phase phase_ = Phase::kTalk;
  Channel channel_;
};

/// A server on a loopback port. Each connection gets a player.
class PartServer {
 public:
  using MakePart = std::function<std::unique_ptr<Part>()>;

  /// `tls`: for the parts' upgrade; nullptr: they do not upgrade. Not owned.
  static Result<std::unique_ptr<PartServer>> Open(net::Loop& loop, MakePart make_part, tls::ServerContext* tls);

  HostPort address() const;
  /// The handshake of the latest connection.
  std::optional<tls::TlsInfo> tls() const;

 private:
  PartServer() = default;

  std::vector<std::unique_ptr<Player>> sessions_;
  std::unique_ptr<net::Listener> listener_;
};

}  // namespace starlock::demo
