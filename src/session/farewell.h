#pragma once

#include <chrono>
#include <functional>

#include "net/loop.h"
#include "session/legs.h"

namespace starlock::session {

/// Closes legs without losing what was written to them.
///
/// Ends our direction, then reads and discards input: closing a socket with unread input sends a reset, which may
/// overtake our last bytes. The client leg ends cleanly if it got a goodbye. Every other leg is ended as truncated, so
/// that its peer cannot take this for a clean end.
///
/// Over when all legs have closed, when the peers have taken nothing of their queues for a whole period, or after
/// Options::longest.
class Farewell final : public LegOwner {
 public:
  struct Options {
    bool client_told = false;     ///< the client has the protocol's goodbye
    bool reset_on_input = false;  ///< a peer that still sends is reset at once rather than waited for
    /// A peer that goes on reading slowly is waited for no longer than this.
    std::chrono::milliseconds longest{30000};
  };

  /// `on_over` is called once, from the loop. It must not destroy the farewell, only dispose of it.
  Farewell(net::Loop& loop, Legs& legs, Options options, std::function<void()> on_over);

  /// The legs' owner must be this, and one leg must be open.
  void Start();
  bool client_told() const { return options_.client_told; }

 private:
  void OnData(Side side, buffer::Chain& in) override;
  void OnWritable(Side /*side*/) override {}
  void OnEnd(Side /*side*/) override {}
  void OnClosed(Side side, const Error& error) override;
  void OnHandshake(Side /*side*/, const tls::TlsInfo& /*info*/) override {}

  bool Told(Side side) const { return side == Side::kClient && options_.client_told; }
  void Wait();
  void OnPatienceOver();
  void Over();

  Legs& legs_;
  const Options options_;
  const std::function<void()> on_over_;
  net::Timer patience_;
  size_t unsent_ = 0;                    ///< bytes queued when the present period began
  std::chrono::milliseconds waited_{0};  ///< all periods, with the present one
};

}  // namespace starlock::session
