#pragma once

#include <array>
#include <memory>
#include <optional>
#include <variant>

#include "net/connector.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/resolver.h"
#include "net/socket_address.h"
#include "session/farewell.h"
#include "session/legs.h"
#include "session/relay.h"
#include "session/route.h"

namespace starlock::session {

class DataConnection;

/// Told by a data connection, from the loop.
class DataOwner {
 public:
  virtual ~DataOwner() = default;
  /// The upstream is connected. `port`: where we listen for the client; 0: it will be dialled.
  virtual void OnDataReady(DataConnection& data, uint16_t port) = 0;
  /// The data connection is over, perhaps before it was ready. `broken`: some of what one side sent did not reach the
  /// other one. The last call; dispose of it then.
  virtual void OnDataEnded(DataConnection& data, bool broken) = 0;
  /// It is known already that OnDataEnded will say `broken`. What has arrived may still be on its way.
  virtual void OnDataBroken(DataConnection& data) = 0;
  /// See RelayOwner::OnMoved.
  virtual void OnDataMoved(Side from, size_t bytes) = 0;
};

/// What a data connection is made between.
struct DataEnds {
  const Route& route;
  size_t target = 0;          ///< which of the route's addresses the upstream is
  net::SocketAddress server;  ///< the upstream's address on the control connection; the port is not used
  net::SocketAddress client;  ///< the client's, likewise
  net::SocketAddress local;   ///< our own address towards the client
  std::shared_ptr<tls::SessionFamily> family;  ///< the control connection's, if that has TLS
};

/// One data connection of an FTP session: connects a leg to the upstream and a leg to the client, runs the TLS
/// handshakes, and then owns the relay between them. A leg that is cut short shows on the other one as a reset, or as
/// TLS without close_notify. Only the two peers of the control connection are accepted or dialled. The destructor
/// resets what is not over.
class DataConnection final : private LegOwner, private RelayOwner {
 public:
  DataConnection(DataOwner& owner, net::Loop& loop, net::Resolver& resolver, DataEnds ends);
  ~DataConnection() override;
  DataConnection(const DataConnection&) = delete;
  DataConnection& operator=(const DataConnection&) = delete;

  /// Dials `server_port` of the upstream. With `client_port` 0 listens for the client; else Begin dials that port.
  void Open(uint16_t server_port, uint16_t client_port);
  /// The transfer begins, with TLS on the legs that are to have it.
  void Begin(bool client_tls, bool server_tls);
  bool begun() const { return tls_.has_value(); }
  /// Frees the port that was listened on, at once.
  void StopListening() { listener_.reset(); }
  size_t undelivered() const { return legs_.undelivered(); }

 private:
  /// How far a leg has come.
  enum class Stage : uint8_t { kConnecting, kStarted, kReady };

  void OnData(Side side, buffer::Chain& in) override;
  void OnWritable(Side /*side*/) override {}
  void OnEnd(Side /*side*/) override {}
  void OnClosed(Side side, const Error& error) override;
  void OnHandshake(Side side, const tls::TlsInfo& info) override;
  void OnMoved(Side from, size_t bytes) override { owner_.OnDataMoved(from, bytes); }
  void OnTruncated(Side side) override;
  void OnLegClosed(Side side, const Closing& closing) override;

  bool Listen();
  void OnAccept(std::unique_ptr<buffer::Stream> stream, const net::SocketAddress& peer);
  void Dial(Side side, uint16_t port);
  void Connected(Side side, std::unique_ptr<buffer::Stream> stream);
  void StartLeg(Side side);
  void LegReady(Side side);
  void Break();
  void Fail();
  void End();

  DataOwner& owner_;
  net::Loop& loop_;
  net::Resolver& resolver_;
  const DataEnds ends_;
  Legs legs_;
  std::variant<std::monostate, std::unique_ptr<Relay>, std::unique_ptr<Farewell>> room_;  ///< once bytes may pass
  std::unique_ptr<net::Listener> listener_;                                               ///< until the client is here
  std::unique_ptr<net::Connector> connectors_[2];                                         ///< while a side is dialled
  net::Deferred fail_;
  uint16_t port_ = 0;  ///< where we listen for the client
  uint16_t client_port_ = 0;
  std::optional<std::array<bool, 2>> tls_;  ///< what Begin said
  Stage stages_[2] = {Stage::kConnecting, Stage::kConnecting};
  bool broken_ = false;
  bool over_ = false;
};

}  // namespace starlock::session
