#pragma once

#include <memory>

#include "net/connector.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/resolver.h"
#include "net/socket_address.h"
#include "protocol/core/dialogue.h"
#include "session/leg.h"
#include "session/route.h"

namespace starlock::session {

class DataConnection;

/// Whom a data connection tells what becomes of it, from the loop.
class DataOwner {
 public:
  virtual ~DataOwner() = default;
  /// The upstream is connected; the client is awaited at `port`, or will be dialled.
  virtual void OnDataReady(DataConnection& data, uint16_t port) = 0;
  /// It ended, which may be before it was ready; `broken`: not all that one side sent has reached the other. Its last
  /// call; it must then be disposed of.
  virtual void OnDataEnded(DataConnection& data, bool broken) = 0;
  /// What one side sent has not all reached the other. It may still be delivering what has come.
  virtual void OnDataBroken(DataConnection& data) = 0;
  virtual void OnDataMoved(Side from, size_t bytes) = 0;
};

/// What a data connection is made between.
struct DataEnds {
  const Route& route;
  size_t target = 0;          ///< which of the route's addresses the upstream is
  net::SocketAddress server;  ///< the upstream's address on the control connection; its port does not count
  net::SocketAddress client;  ///< likewise the client's
  net::SocketAddress local;   ///< our own towards the client
  std::shared_ptr<tls::SessionFamily> family;  ///< the control connection's, where that has TLS
};

/// One data connection of an FTP session: a leg to the upstream, which we dial, and a leg to the client, which we dial
/// or which dials us; then TLS on each leg that is to have it, and bytes both ways with back-pressure until both have
/// ended. A leg that is cut short shows on the other one: there is no FIN or close_notify that its peer did not send.
/// Nobody is let in, or dialled, but the two peers of the control connection. Destroying it cuts what is not done.
class DataConnection final : private LegOwner {
 public:
  DataConnection(DataOwner& owner, net::Loop& loop, net::Resolver& resolver, DataEnds ends);
  ~DataConnection() override;
  DataConnection(const DataConnection&) = delete;
  DataConnection& operator=(const DataConnection&) = delete;

  /// Dials `server_port` of the upstream; with `client_port` 0 listens for the client, else remembers it.
  void Open(uint16_t server_port, uint16_t client_port);
  /// The transfer begins.
  void Begin(bool client_tls, bool server_tls);
  bool begun() const { return begun_; }
  /// Awaits the client no more, so that its port is free at once.
  void StopListening() { listener_.reset(); }
  /// Leg::undelivered of both legs.
  size_t undelivered() const { return client_.undelivered() + server_.undelivered(); }

 private:
  void OnData(Side side, buffer::Chain& in) override;
  void OnWritable(Side side) override;
  void OnEnd(Side side, buffer::StreamEnd end) override;
  void OnClosed(Side side, const Error& error) override;
  void OnHandshake(Side side, const tls::TlsInfo& info) override;

  bool Listen();
  void OnAccept(std::unique_ptr<buffer::Stream> stream, const net::SocketAddress& peer);
  void Dial(Side side, uint16_t port);
  void Connected(Side side, std::unique_ptr<buffer::Stream> stream);
  void StartLeg(Side side);
  void LegReady(Side side);
  void Break();
  void Cut(Side side);
  void Fail();
  void End();
  bool HangsUp(Side side) const;
  bool Flows() const { return ready_[0] && ready_[1]; }
  void Drop(Leg& leg);
  Leg& leg(Side side) { return side == Side::kClient ? client_ : server_; }
  const Leg& leg(Side side) const { return side == Side::kClient ? client_ : server_; }
  Leg& other(Side side) { return leg(protocol::Other(side)); }

  DataOwner& owner_;
  net::Loop& loop_;
  net::Resolver& resolver_;
  const DataEnds ends_;
  Leg client_;
  Leg server_;
  std::unique_ptr<net::Listener> listener_;        ///< while the client is awaited
  std::unique_ptr<net::Connector> connectors_[2];  ///< while a side is dialled
  net::Deferred fail_;
  net::Timer patience_;  ///< with a leg whose other one was cut
  uint16_t port_ = 0;    ///< where the client is awaited
  uint16_t client_port_ = 0;
  bool tls_[2] = {false, false};
  bool started_[2] = {false, false};
  bool ready_[2] = {false, false};  ///< bytes may flow
  bool begun_ = false;
  bool broken_ = false;
  bool over_ = false;
};

}  // namespace starlock::session
