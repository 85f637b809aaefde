#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "log/log.h"
#include "net/connector.h"
#include "net/loop.h"
#include "net/resolver.h"
#include "net/socket_address.h"
#include "protocol/core/dialogue.h"
#include "session/data_connection.h"
#include "session/holder.h"
#include "session/leg.h"
#include "session/record.h"
#include "session/route.h"

namespace starlock::session {

/// What a session needs of its worker.
struct SessionContext {
  net::Loop& loop;
  net::Resolver& resolver;
  Logger& log;
};

/// One client and its upstream, from accept to the record. Carries out what the dialogue says (NEGOTIATE, FILTER),
/// then passes bytes on (RELAY) until both ends have closed, then sees its legs off (CLOSE).
///
///     negotiate/filter ──kRelay──▶ relay ──▶ close ──▶ done
///            └────────kFail────────────────────▲
class Session final : public net::Disposable, private LegOwner, private DataOwner {
 public:
  /// `on_done` is called once, when nothing of the session is left to do; the session must then be disposed of.
  using OnDone = std::function<void(Session&)>;

  Session(SessionContext context, const Route& route, std::unique_ptr<buffer::Stream> client,
          const net::SocketAddress& peer, OnDone on_done);
  ~Session() override;

  /// Begins. `refuse`: a limit is reached, so say only the protocol's temporary failure.
  void Start(bool refuse);
  /// The process is to end: a session that negotiates or filters says goodbye, one that relays goes on. A transfer on
  /// a data connection is waited for.
  void Drain();
  /// Ends at once, as `drained`.
  void Stop();

  const net::SocketAddress& peer() const { return peer_; }

 private:
  enum class Phase : uint8_t { kTalk, kRelay, kClose, kDone };

  // Events.
  void OnData(Side side, buffer::Chain& in) override;
  void OnWritable(Side side) override;
  void OnEnd(Side side, buffer::StreamEnd end) override;
  void OnClosed(Side side, const Error& error) override;
  void OnHandshake(Side side, const tls::TlsInfo& info) override;
  void OnPassed(Side side, size_t bytes, bool room) override;
  void OnDialled(Result<net::Connector::Connected> connected);
  void OnDeadline();

  // Acts one and two: what the dialogue says (session_talk.cc).
  void Pump();
  void Perform(const protocol::Step& step, protocol::Out& out);
  void Tell(protocol::Event event, Side side);
  void Abandon(protocol::Failure failure);
  void Send(const protocol::Out& out);
  void Dial(size_t first);
  void BeginTls(Side side);
  void NoteMeetingPoint();
  void PassOnEnds();
  void PassOnEnd(Side side);
  void ClosedInTalk(Side side, const Error& error);
  protocol::Failure Explain(Side side, const Error& error) const;
  void Fail(const protocol::Failure& failure, bool said);

  // Data connections (session_data.cc).
  void Request(const protocol::DataRequest& request);
  void OpenData(const protocol::DataRequest& request);
  void OnDataReady(DataConnection& data, uint16_t port) override;
  void OnDataBroken(DataConnection& data) override;
  void OnDataEnded(DataConnection& data, bool broken) override;
  void OnDataMoved(Side from, size_t bytes) override;
  void TellData(const protocol::DataEvent& event);
  bool InTransfer() const;
  void LeaveWhenDone();

  // Act three (session_relay.cc).
  void BeginRelay();
  void HandOver(Side from);
  void Relay(Side side, buffer::Chain& in);
  void EndedInRelay(Side side);
  bool HangsUp(Side side) const;
  void ClosedInRelay(Side side, const Error& error);

  // The end.
  void BeginClose();
  void EndClose();
  size_t Unsent() const;
  size_t Undelivered() const;
  bool Delivers();
  void Done();
  void Note(End end, Blame blame, std::string why);

  bool Congested() const { return client_.congested || server_.congested; }
  void Touch() {
    last_moved_ = context_.loop.now();
    undelivered_.reset();
  }
  void ArmNegotiation();
  void ArmIdle();
  void Drop(Leg& leg);
  Leg& leg(Side side) { return side == Side::kClient ? client_ : server_; }
  Leg& other(Side side) { return leg(protocol::Other(side)); }
  uint64_t& counter(Side from) { return from == Side::kClient ? record_.bytes_in : record_.bytes_out; }

  SessionContext context_;
  const Route& route_;
  const net::SocketAddress peer_;
  OnDone on_done_;
  Phase phase_ = Phase::kTalk;
  Leg client_;
  Leg server_;
  std::unique_ptr<protocol::Dialogue> dialogue_;  ///< until the relay begins
  std::unique_ptr<net::Connector> connector_;     ///< while the upstream is being dialled
  size_t target_ = 0;                             ///< which of the addresses was dialled last
  net::SocketAddress server_address_;             ///< what it was
  net::SocketAddress local_;                      ///< our own towards the client, where data connections need it
  std::unique_ptr<DataConnection> data_;          ///< the one that the dialogue means
  std::unique_ptr<DataConnection> finishing_;     ///< the one before, while it delivers what it has
  net::Timer deadline_;                           ///< of the negotiation, then of idleness, then of the close
  net::Loop::Clock::time_point started_;
  net::Loop::Clock::time_point last_moved_;
  bool met_ = false;                   ///< the meeting point has been reached
  bool negotiating_ = true;            ///< before it, or again because the upstream was dialled anew
  bool leaving_ = false;               ///< drained, but for a transfer
  bool refuse_ = false;                ///< a limit is reached
  bool noted_ = false;                 ///< the record's `end` is known
  bool pumping_ = false;               ///< Pump is at work, and sees to what comes meanwhile
  bool kept_[2] = {false, false};      ///< what the dialogue last said of each side
  size_t unsent_ = 0;                  ///< what the close had left to send when it was last looked at
  std::optional<size_t> undelivered_;  ///< what was on its way when it was last looked at and nothing had come since
  std::string detail_;                 ///< what is behind a failed handshake that is being told
  std::vector<const char*> notes_;     ///< what has been said of this session in the log
  SessionRecord record_;
};

}  // namespace starlock::session
