#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/loop.h"
#include "protocol/core/dialect.h"
#include "protocol/core/dialogue.h"
#include "session/legs.h"
#include "session/relay.h"

namespace starlock::session {

/// Carries out what a dialogue cannot do itself. Talk calls these from the loop or from inside its own functions; the
/// owner must not destroy the talk there, only dispose of it.
class TalkOwner : public RelayOwner {
 public:
  /// Dials the upstream: the addresses after the one dialled last (`next`), or all. Puts a new server leg in place, and
  /// later calls UpstreamUp or, if no address answers, Abandon. Returns false, and does nothing, if no address is left.
  [[nodiscard]] virtual bool Dial(bool next) = 0;
  /// Calls Accept or Connect on the leg of `side`.
  virtual void BeginTls(Side side) = 0;
  virtual void OnTls(Side side, const tls::TlsInfo& info) = 0;
  /// The handshake with the server failed. The dialogue decides what follows; the leg is closed after this call.
  virtual void OnServerTlsFailed(const Error& /*error*/) {}
  /// Both legs are at their meeting points, for the first time since the last dial.
  virtual void OnMeetingPoint() {}
  /// The dialogue is over: the legs' unused input and everything that follows belong to a Relay.
  virtual void OnRelay() = 0;
  /// The dialogue and the session are over. `told`: the client got the protocol's goodbye, or needs none.
  virtual void OnFailed(const protocol::Failure& failure, bool told) = 0;
  /// Answered by Talk::Notify. Only for dialects with data connections.
  virtual void OnDataRequest(const protocol::DataRequest& /*request*/) {}
  /// Whether a data connection is transferring; a drain waits for it.
  virtual bool InTransfer() const { return false; }
  /// A warning for the log. Called at most once per text.
  virtual void OnNote(const char* /*text*/) {}

  void OnMoved(Side /*from*/, size_t /*bytes*/) override {}
  void OnTruncated(Side /*side*/) override {}
  void OnLegClosed(Side /*side*/, const Closing& /*closing*/) override {}
};

/// Drives one dialogue over two legs: passes it their input and events, and carries out its acts. A leg may stay
/// unopened: a probe of a server is a talk without a client.
///
/// After OnRelay, OnFailed or Stop, the talk makes no more calls to its owner.
class Talk final : public LegOwner {
 public:
  /// The legs' owner must be this.
  Talk(TalkOwner& owner, net::Loop& loop, Legs& legs, const protocol::Dialect& dialect,
       std::unique_ptr<protocol::Dialogue> dialogue);

  /// Begins. `refuse`: a limit is reached, so the talk fails as soon as it can send the client a goodbye.
  void Start(bool refuse = false);
  /// The server leg that Dial asked for is open.
  void UpstreamUp();
  void Notify(const protocol::DataEvent& event);
  /// Ends the talk for a reason outside the dialogue, with the protocol's goodbye if one can be sent.
  void Abandon(protocol::Failure failure);
  /// The process is shutting down: abandons as soon as no transfer is under way, unless the session is established.
  void Drain();
  /// A data connection has ended: a drain may have waited for it.
  void LeaveIfDrained();
  /// The session has entered its next phase: from now on, the talk does nothing and calls nobody.
  void Stop();

  /// Whether a leg has not yet reached its meeting point since the last dial.
  bool negotiating() const { return negotiating_; }
  /// The side to blame if the negotiation deadline passes now.
  Blame waiting_for() const { return dialling_ ? Blame::kServer : dialogue_->waiting_for(); }

 private:
  void OnData(Side side, buffer::Chain& in) override;
  void OnWritable(Side side) override;
  void OnEnd(Side side) override;
  void OnClosed(Side side, const Error& error) override;
  void OnHandshake(Side side, const tls::TlsInfo& info) override;

  void Tell(protocol::Event event, Side side);
  void Pump();
  void Perform(const protocol::Step& step, protocol::Out& out);
  void Send(const protocol::Out& out);
  void Dial(bool next);
  void BeginTls(Side side);
  void ReachMeetingPoint();
  void PassOnEnds();
  void PassOnEnd(Side side);
  void FailAtEnd(Side side);
  bool MayBecomePassable(Side side);
  void AwaitServer();
  void OnPatienceOver();
  void Closed(Side side, const Error& error, bool handshaking);

  TalkOwner& owner_;
  net::Loop& loop_;
  Legs& legs_;
  const protocol::Dialect& dialect_;
  const std::unique_ptr<protocol::Dialogue> dialogue_;
  std::string handshake_detail_;    ///< why the last handshake with the server failed, until the next dial
  std::vector<const char*> notes_;  ///< already given to the owner
  bool kept_[2] = {false, false};   ///< Step::kept of the last Advance
  bool kept_upgrade_ = false;       ///< Step::kept_upgrade of the last Advance
  /// Runs while a client that has ended waits for the server; made when it is first needed.
  std::unique_ptr<net::Timer> patience_;
  bool impatient_ = false;  ///< patience_ has fired
  bool pumping_ = false;    ///< Pump is running, and handles all changes made meanwhile
  bool dialling_ = false;   ///< from Dial to UpstreamUp or Abandon
  bool negotiating_ = true;
  bool refuses_ = false;
  bool drains_ = false;
  bool over_ = false;
};

}  // namespace starlock::session
