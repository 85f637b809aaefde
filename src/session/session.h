#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <variant>

#include "log/log.h"
#include "net/loop.h"
#include "net/resolver.h"
#include "net/socket_address.h"
#include "session/data_connections.h"
#include "session/deadline.h"
#include "session/dialler.h"
#include "session/farewell.h"
#include "session/legs.h"
#include "session/record.h"
#include "session/relay.h"
#include "session/route.h"
#include "session/talk.h"

namespace starlock::session {

/// What a session needs from its worker.
struct SessionContext {
  net::Loop& loop;
  net::Resolver& resolver;
  Logger& log;
};

/// One client and its upstream, from accept to the record. Owns the legs, the deadline, the record, and the object of
/// the current phase (`room_`), which does the work:
///
///     Talk ──OnRelay──▶ Relay ──a leg broke, idle──▶ Farewell ──▶ done
///       └───────────────OnFailed, a leg broke────────────▲
///
/// Most of its functions are callbacks of these objects.
class Session final : public net::Disposable, private TalkOwner, private DataConnectionsOwner, private DeadlineOwner {
 public:
  /// Called once, when the session has nothing left to do. The callee must then dispose of it.
  using OnDone = std::function<void(Session&)>;

  Session(SessionContext context, const Route& route, std::unique_ptr<buffer::Stream> client,
          const net::SocketAddress& peer, OnDone on_done);
  ~Session() override;

  /// Begins. `refuse`: a limit is reached, so the client only gets the protocol's temporary failure.
  void Start(bool refuse);
  /// The process is shutting down. A session before its login says goodbye, once any current transfer on a data
  /// connection is complete. A session that relays, or that is past its login or needs none, continues.
  void Drain();
  /// Ends at once, as `drained`; with a goodbye if the session is not relaying and is between units of the server.
  void Stop();

  const net::SocketAddress& peer() const { return peer_; }

 private:
  // Of the talk.
  bool Dial(bool next) override;
  void BeginTls(Side side) override;
  void OnTls(Side side, const tls::TlsInfo& info) override;
  void OnServerTlsFailed(const Error& error) override;
  void OnMeetingPoint() override;
  void OnRelay() override;
  void OnFailed(const protocol::Failure& failure, bool told) override;
  void OnDataRequest(const protocol::DataRequest& request) override;
  bool InTransfer() const override { return data_ && data_->InTransfer(); }
  void OnNote(const char* text) override;

  // Of the talk and the relay.
  void OnMoved(Side from, size_t bytes) override;
  void OnTruncated(Side side) override;
  void OnLegClosed(Side side, const Closing& closing) override;

  // Of the rest.
  void OnDialled(Result<std::unique_ptr<buffer::Stream>> stream);
  void OnDataEvent(const std::optional<protocol::DataEvent>& event) override;
  void OnNegotiationTimeout() override;
  void OnIdle() override;
  size_t Undelivered() const override { return legs_.undelivered() + (data_ ? data_->undelivered() : 0); }

  /// The talk, if that is the current phase; otherwise nullptr.
  Talk* talk() const;
  template <typename Next>
  Next& Enter(std::unique_ptr<Next> room);
  void LeaveRoom();
  void SeeOff(bool client_told);
  void Done();

  using Room = std::variant<std::monostate, std::unique_ptr<Talk>, std::unique_ptr<Relay>, std::unique_ptr<Farewell>>;

  SessionContext context_;
  const Route& route_;
  const net::SocketAddress peer_;
  const OnDone on_done_;
  Legs legs_;
  Room room_;                              ///< std::monostate once the session is done
  std::unique_ptr<Dialler> dialler_;       ///< of the talk
  std::unique_ptr<DataConnections> data_;  ///< if the protocol has any
  Deadline deadline_;
  const net::Loop::Clock::time_point started_;
  bool met_ = false;  ///< the meeting point has been reached, so bytes count
  SessionRecord record_;
};

}  // namespace starlock::session
