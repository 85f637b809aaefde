#pragma once

#include <memory>

#include "base/error.h"
#include "net/loop.h"
#include "session/leg.h"

namespace starlock::session {

/// How a leg's stream closed.
struct Closing {
  Error error;            ///< of the stream
  bool in_order = false;  ///< both directions ended, without an error
  bool hung_up = false;   ///< the peer left early, but after it had everything: see Legs::HangsUp
};

/// The two legs of a session or of a data connection, and what the end of one means for the other.
class Legs {
 public:
  /// Which peers may leave without waiting for our end once they have everything.
  enum class HangUp : uint8_t { kClient, kEither };

  Legs(net::Loop& loop, HangUp hang_up);

  Leg& operator[](Side side) { return *legs_[protocol::Index(side)]; }
  const Leg& operator[](Side side) const { return *legs_[protocol::Index(side)]; }
  Leg& other(Side side) { return (*this)[protocol::Other(side)]; }

  /// Events of both legs go to `owner` from now on.
  void SetOwner(LegOwner& owner);
  /// Closes the leg of `side`; the other leg no longer passes bytes to it.
  void Close(Side side);
  /// The same after its stream reported OnClosed(error). Returns what that means.
  [[nodiscard]] Closing Close(Side side, const Error& error);
  /// Closes the leg of `side` and puts a new, unopened one in its place.
  void Replace(Side side);
  /// Passes on the end of `side` to the other leg. Returns false if `side` was cut short: it ended without
  /// close_notify, and did not merely hang up.
  [[nodiscard]] bool PassOnEnd(Side side);
  /// Drops both streams at once: a plain stream is reset.
  void Abort();

  /// The peer of `side` already has the other side's end and everything before it, so that whatever way it leaves now
  /// cuts nothing short. Most mail clients leave like this.
  bool HangsUp(Side side) const;
  bool any_open() const { return legs_[0]->open() || legs_[1]->open(); }
  bool congested() const { return legs_[0]->congested() || legs_[1]->congested(); }
  /// Leg::queued of both.
  size_t queued() const { return legs_[0]->queued() + legs_[1]->queued(); }
  /// Leg::undelivered of both.
  size_t undelivered() const { return legs_[0]->undelivered() + legs_[1]->undelivered(); }

 private:
  net::Loop& loop_;
  LegOwner* owner_ = nullptr;
  std::unique_ptr<Leg> legs_[2];
  const HangUp hang_up_;
};

}  // namespace starlock::session
