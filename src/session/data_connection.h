#pragma once

#include <array>
#include <memory>
#include <optional>
#include <variant>

#include "net/connector.h"
#include "net/loop.h"
#include "net/resolver.h"
#include "net/socket_address.h"
#include "session/data_arrivals.h"
#include "session/farewell.h"
#include "session/legs.h"
#include "session/relay.h"
#include "session/route.h"

namespace starlock::session {

class DataConnection;

/// Receives a data connection's events. Called from the loop.
class DataOwner {
 public:
  virtual ~DataOwner() = default;
  /// The upstream is connected. `port`: where we listen for the client; 0: it will be dialled.
  virtual void OnDataReady(DataConnection& data, uint16_t port) = 0;
  /// The data connection is over, perhaps before it was ready. `broken`: some bytes of one side did not reach the
  /// other. This is the last call; the owner must then dispose of the data connection.
  virtual void OnDataEnded(DataConnection& data, bool broken) = 0;
  /// Bytes were lost: OnDataEnded will report `broken`. Called as early as possible; delivery may still be in progress.
  virtual void OnDataBroken(DataConnection& data) = 0;
  /// A peer at the client's address was dropped: it resumed no TLS session of the control connection.
  virtual void OnDataStranger(DataConnection& data) = 0;
  /// See RelayOwner::OnMoved.
  virtual void OnDataMoved(Side from, size_t bytes) = 0;
};

/// The endpoints of a data connection, taken from its control connection.
struct DataEnds {
  const Route& route;
  size_t target = 0;          ///< which of the route's addresses the upstream is
  net::SocketAddress server;  ///< the upstream's address on the control connection; the port is not used
  net::SocketAddress client;  ///< the client's, likewise
  net::SocketAddress local;   ///< our own address towards the client
  std::shared_ptr<tls::SessionFamily> families[2] = {};  ///< the control connection's legs', where they have TLS
};

/// One data connection of an FTP session. Connects a leg to the upstream and a leg to the client, runs the TLS
/// handshakes, then owns the relay between them. If one leg is truncated, the other leg ends with a reset, or with TLS
/// without close_notify. Only the control connection's two peers are accepted (see DataArrivals) or dialled. From Begin
/// on, both legs have negotiation_timeout to be ready; once a wrong peer was dropped, the client has five seconds. The
/// destructor resets legs that are still open.
class DataConnection final : private LegOwner, private RelayOwner {
 public:
  DataConnection(DataOwner& owner, net::Loop& loop, net::Resolver& resolver, DataEnds ends);
  ~DataConnection() override;
  DataConnection(const DataConnection&) = delete;
  DataConnection& operator=(const DataConnection&) = delete;

  /// Dials `server_port` of the upstream. If `client_port` is 0, listens for the client; otherwise Begin dials that
  /// port. `client_tls`: the client's leg is protected as things stand.
  void Open(uint16_t server_port, uint16_t client_port, bool client_tls);
  /// Begins the transfer, with TLS on the given legs. Both legs must be connected, and inside TLS, within
  /// `negotiation_timeout`.
  void Begin(bool client_tls, bool server_tls);
  bool begun() const { return tls_.has_value(); }
  /// Closes the listening socket and so frees its port at once.
  void StopListening();
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

  bool Listen(bool client_tls);
  void OnArrived(std::unique_ptr<buffer::Stream> stream, bool secured);
  void Dial(Side side, uint16_t port);
  void Connected(Side side, std::unique_ptr<buffer::Stream> stream);
  void StartLeg(Side side);
  void LegReady(Side side);
  void OnStranger(DataArrivals::Stranger stranger);
  void Break();
  void Cut(Side side);
  void Fail();
  void OnDeadline();
  void End();

  DataOwner& owner_;
  net::Loop& loop_;
  net::Resolver& resolver_;
  const DataEnds ends_;
  Legs legs_;
  std::variant<std::monostate, std::unique_ptr<Relay>, std::unique_ptr<Farewell>> room_;  ///< once bytes may pass
  std::unique_ptr<DataArrivals> arrivals_;         ///< if we listen for the client
  std::unique_ptr<net::Connector> connectors_[2];  ///< while a side is dialled
  net::Deferred fail_;
  net::Timer deadline_;   ///< from Begin until both legs are ready
  bool hurried_ = false;  ///< a wrong peer was dropped
  uint16_t port_ = 0;     ///< where we listen for the client
  uint16_t client_port_ = 0;
  std::optional<std::array<bool, 2>> tls_;  ///< what Begin said
  Stage stages_[2] = {Stage::kConnecting, Stage::kConnecting};
  bool broken_ = false;
  bool over_ = false;
};

}  // namespace starlock::session
