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
  /// Which peers may disconnect, once they have everything, without waiting for our close.
  enum class HangUp : uint8_t { kClient, kEither };

  Legs(net::Loop& loop, HangUp hang_up);

  Leg& operator[](Side side) { return *legs_[protocol::Index(side)]; }
  const Leg& operator[](Side side) const { return *legs_[protocol::Index(side)]; }
  Leg& other(Side side) { return (*this)[protocol::Other(side)]; }

  /// Events of both legs go to `owner` from now on.
  void SetOwner(LegOwner& owner);
  /// Closes the leg of `side`; the other leg no longer passes bytes to it.
  void Close(Side side);
  /// Closes the leg of `side` after its stream reported OnClosed(error). Returns how the stream closed.
  [[nodiscard]] Closing Close(Side side, const Error& error);
  /// Closes the leg of `side` and puts a new, unopened one in its place.
  void Replace(Side side);
  /// Passes the end of `side` on to the other leg. Returns false if the end was a truncation: no close_notify, and the
  /// peer did not merely hang up (HangsUp).
  [[nodiscard]] bool PassOnEnd(Side side);
  /// Drops both streams at once: a plain stream is reset.
  void Abort();

  /// Whether the peer of `side` already got the other side's end and everything before it. However it disconnects now,
  /// nothing is lost. Most mail clients disconnect like this.
  bool HangsUp(Side side) const;
  bool any_open() const { return legs_[0]->open() || legs_[1]->open(); }
  bool congested() const { return legs_[0]->congested() || legs_[1]->congested(); }
  /// The sum of Leg::queued.
  size_t queued() const { return legs_[0]->queued() + legs_[1]->queued(); }
  /// The sum of Leg::undelivered.
  size_t undelivered() const { return legs_[0]->undelivered() + legs_[1]->undelivered(); }

 private:
  net::Loop& loop_;
  LegOwner* owner_ = nullptr;
  std::unique_ptr<Leg> legs_[2];
  const HangUp hang_up_;
};

}  // namespace starlock::session
