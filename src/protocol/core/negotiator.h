#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/tls_mode.h"
#include "protocol/core/dialogue.h"

/// The negotiation of one leg up to its meeting point, and the state that both legs of a session share.
namespace starlock::protocol {

/// The state that both legs' negotiators and the filter share.
struct Prologue {
  explicit Prologue(const Env& the_env) : env(the_env) {}

  const Env& env;           ///< `server` becomes kOff after an opportunistic handshake failed
  std::string greeting;     ///< the upstream's greeting, byte for byte
  bool introduced = false;  ///< the upstream has accepted our introduction (EHLO), and keeps that state
  bool client_tls = false;  ///< the client leg is inside TLS
  bool server_tls = false;  ///< the server leg is inside TLS
  bool refused = false;     ///< a command was refused because TLS is required
  /// Set by the client leg when it settles: a request for every address of the upstream. Each address that can be
  /// reached gets it, and closes the connection. The session then ends in order, or fails if no address got it.
  std::string for_each;
};

/// The go-ahead was sent or received: TLS is next.
struct StartTls {};

/// The leg is at its meeting point: the next byte belongs to the application.
struct Settled {
  bool keep = false;  ///< the unit itself belongs to the application: it is not consumed
};

/// A negotiator's decision about its leg.
using LegAct = std::variant<Read, StartTls, Settled, NoTls, Fail>;

/// Whether a leg in this mode starts in plaintext and can be upgraded.
constexpr bool Upgrades(TlsMode mode) { return mode == TlsMode::kOpportunistic || mode == TlsMode::kRequired; }

/// The negotiation of one leg. It sees only that leg.
class Negotiator {
 public:
  virtual ~Negotiator() = default;
  /// Starts the leg. Server leg: it is connected, and inside TLS in mode `implicit`. Client leg of a protocol whose
  /// server speaks first: the server leg has reached its meeting point, so its greeting is known.
  virtual LegAct Begin(Out& out) = 0;
  /// Finds the next unit; see Dialogue::Cut.
  virtual Frame Cut(std::string_view in, Scan& scan) = 0;
  /// Handles one whole unit. Replies go to this leg's side of `out`.
  virtual LegAct On(std::string_view unit, Out& out) = 0;
  /// The upgrade is complete.
  virtual LegAct OnTlsUp(Out&) { return Settled{}; }
};

/// A negotiator without any exchange: its leg is settled at once.
std::unique_ptr<Negotiator> SettledNegotiator();

}  // namespace starlock::protocol
