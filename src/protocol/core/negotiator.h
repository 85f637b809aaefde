#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/tls_mode.h"
#include "protocol/core/dialogue.h"

/// One leg's way to its meeting point, and what the two legs of a session tell one another on it.
namespace starlock::protocol {

/// What the two legs' negotiations know in common.
struct Prologue {
  explicit Prologue(const Env& the_env) : env(the_env) {}

  const Env& env;           ///< `server` becomes kOff where an opportunistic handshake failed
  std::string greeting;     ///< the upstream's own, as it came
  bool introduced = false;  ///< the upstream has taken our introduction (EHLO), and remembers it
  bool client_tls = false;  ///< the client's leg is inside TLS now
  bool server_tls = false;  ///< the server's leg is inside TLS now
  bool refused = false;     ///< a command was refused for want of TLS
  std::string for_each;     ///< set by the client leg when it settles: all that this client has to say, addressed to
                            ///< every address of the upstream that can be reached. Each is told it, and its end is
                            ///< awaited; the session then ends in order, unless none could be told
};

/// The leg's go-ahead has been written or read: TLS is next.
struct StartTls {};

/// The leg is at its meeting point: the next byte is the application's.
struct Settled {
  bool keep = false;  ///< the unit is the application's first
};

/// What a negotiator says of its leg.
using LegAct = std::variant<Read, StartTls, Settled, NoTls, Fail>;

/// Whether a leg begins in plaintext and then asks for TLS.
constexpr bool Upgrades(TlsMode mode) { return mode == TlsMode::kOpportunistic || mode == TlsMode::kRequired; }

/// One leg's negotiation. Sees that leg alone.
class Negotiator {
 public:
  virtual ~Negotiator() = default;
  /// The leg may begin. Towards the server: it is connected (inside TLS where implicit). Towards the client, where
  /// the server speaks first: the server leg has reached its meeting point, so `out` may begin with its greeting.
  virtual LegAct Begin(Out& out) = 0;
  /// Where the next unit ends; see Dialogue::Cut.
  virtual Frame Cut(std::string_view in, Scan& scan) = 0;
  /// One whole unit. Answers go to this leg's own side of `out`.
  virtual LegAct On(std::string_view unit, Out& out) = 0;
  /// The upgrade is done.
  virtual LegAct OnTlsUp(Out&) { return Settled{}; }
};

/// The negotiator of a leg on which nothing is said: settled at once.
std::unique_ptr<Negotiator> SettledNegotiator();

}  // namespace starlock::protocol
