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
  /// Connects the upstream: `next` with the addresses behind the one that was dialled last, else from the first one on.
  /// Puts a new server leg in place, and later calls UpstreamUp or, if no address answers, Abandon. Returns false, and
  /// does nothing, if no address is left.
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
  /// The dialogue is over, and so is the session. `told`: the client has its last words or needs none.
  virtual void OnFailed(const protocol::Failure& failure, bool told) = 0;
  /// Answered by Talk::Notify. Only for dialects with data connections.
  virtual void OnDataRequest(const protocol::DataRequest& /*request*/) {}
  /// A data connection is at work, which a drain waits for.
  virtual bool InTransfer() const { return false; }
  /// A warning for the log. Each text comes once in a talk.
  virtual void OnNote(const char* /*text*/) {}

  void OnMoved(Side /*from*/, size_t /*bytes*/) override {}
  void OnTruncated(Side /*side*/) override {}
  void OnLegClosed(Side /*side*/, const Closing& /*closing*/) override {}
};

/// Drives one dialogue over two legs: shows it their input and their events, and performs its acts. A leg may stay
/// unopened: a probe of a server is a talk without a client.
///
/// Calls none of its owner's functions after OnRelay, OnFailed or Stop.
class Talk final : public LegOwner {
 public:
  /// The legs' owner must be this.
  Talk(TalkOwner& owner, net::Loop& loop, Legs& legs, const protocol::Dialect& dialect,
       std::unique_ptr<protocol::Dialogue> dialogue);

  /// Begins. `refuse`: a limit is reached, so the talk fails as soon as the client leg can be spoken on.
  void Start(bool refuse = false);
  /// The server leg that Dial asked for is open.
  void UpstreamUp();
  void Notify(const protocol::DataEvent& event);
  /// Ends the talk for a reason from outside, with the protocol's goodbye where that is possible.
  void Abandon(protocol::Failure failure);
  /// The process is shutting down: abandons as soon as no transfer is under way.
  void Drain();
  /// A data connection has ended: a drain may have waited for it.
  void LeaveIfDrained();
  /// The owner moves on: nothing is called or done from now on.
  void Stop() { over_ = true; }

  /// Not both legs have reached their meeting points since the last dial.
  bool negotiating() const { return negotiating_; }
  /// Whom to blame if a negotiation deadline passes now.
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
  void Closed(Side side, const Error& error, bool handshaking);

  TalkOwner& owner_;
  net::Loop& loop_;
  Legs& legs_;
  const protocol::Dialect& dialect_;
  const std::unique_ptr<protocol::Dialogue> dialogue_;
  std::string handshake_detail_;    ///< why the last handshake with the server failed, until the next dial
  std::vector<const char*> notes_;  ///< those that the owner has
  bool kept_[2] = {false, false};   ///< Step::kept of the last Advance
  bool pumping_ = false;            ///< Pump runs, and will see to whatever changes meanwhile
  bool dialling_ = false;           ///< from Dial to UpstreamUp or Abandon
  bool negotiating_ = true;
  bool refuses_ = false;
  bool drains_ = false;
  bool over_ = false;
};

}  // namespace starlock::session
