#pragma once

#include "net/loop.h"
#include "session/legs.h"

namespace starlock::session {

/// Receives the events of a relay, or of a talk that filters.
class RelayOwner {
 public:
  virtual ~RelayOwner() = default;
  /// `bytes` from `from` were given to the other leg. 0: something else made progress, so the session is not idle.
  virtual void OnMoved(Side from, size_t bytes) = 0;
  /// `side` ended without close_notify before its session was over. The truncation was passed on to the other leg.
  virtual void OnTruncated(Side side) = 0;
  /// The stream of `side` closed, and the leg is closed too.
  virtual void OnLegClosed(Side side, const Closing& closing) = 0;
};

/// Passes bytes between two open legs, unchanged, in both directions until both have ended.
///
/// - Back-pressure: a leg is not read while the other one's queue is above its high mark.
/// - Each direction ends on its own, and its end is passed on as it is: clean, or truncated.
/// - Bytes for a leg that is closed or finished are dropped and not counted.
/// - Between two plain sockets the kernel may pass bulk data directly (buffer::Stream::PassTo).
///
/// What a closed leg means for the other one is the owner's decision. The owner must not destroy the relay from inside
/// a call, only dispose of it.
class Relay final : public LegOwner {
 public:
  Relay(RelayOwner& owner, net::Loop& loop, Legs& legs) : owner_(owner), loop_(loop), legs_(legs) {}

  /// Begins with the legs' unused input. The legs' owner must be this.
  void Start();

 private:
  void OnData(Side side, buffer::Chain& in) override;
  void OnWritable(Side side) override;
  void OnEnd(Side side) override;
  void OnClosed(Side side, const Error& error) override;
  void OnHandshake(Side /*side*/, const tls::TlsInfo& /*info*/) override {}
  void OnPassed(Side side, size_t bytes, bool room) override;

  void HandOver(Side from);

  RelayOwner& owner_;
  net::Loop& loop_;
  Legs& legs_;
};

}  // namespace starlock::session
