#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

#include "protocol/core/outcome.h"

/// The vocabulary of a dialogue: sides, frames, acts and failures. An act is a value that carries its own arguments.
namespace starlock::protocol {

enum class Side : uint8_t { kClient = 0, kServer = 1 };

constexpr Side Other(Side side) { return side == Side::kClient ? Side::kServer : Side::kClient; }
constexpr size_t Index(Side side) { return static_cast<size_t>(side); }
constexpr Blame BlameOf(Side side) { return side == Side::kClient ? Blame::kClient : Blame::kServer; }

/// Upper limit for one unit (a line, a multi-line reply, a packet), in bytes.
inline constexpr size_t kMaxUnit = 16 * 1024;

/// How a session ends, and who caused it.
struct Failure {
  End end = End::kInternal;
  Blame blame = Blame::kNone;
  const char* why = "";     ///< static text for the log; quoted to a client that sent invalid input
  std::string detail = {};  ///< for the log only: the system's or the peer's own error text

  /// `why`, then `: detail` if there is any.
  std::string Reason() const { return detail.empty() ? std::string(why) : std::string(why) + ": " + detail; }
};

/// Result of looking for the next unit at the start of an input.
struct Frame {
  enum class Kind : uint8_t {
    kIdle,     ///< this side's input is not read now; it stays untouched
    kPartial,  ///< the unit is incomplete: more input is needed
    kWhole,    ///< the first `size` bytes are a unit
    kBad,      ///< the input is not a unit of this protocol; `why` says what is wrong
    kExcess,   ///< the cutter's memory is at its limit; `why` says which
  };
  Kind kind = Kind::kPartial;
  size_t size = 0;
  const char* why = "";

  static constexpr Frame Idle() { return {Kind::kIdle, 0, ""}; }
  static constexpr Frame Partial() { return {Kind::kPartial, 0, ""}; }
  static constexpr Frame Whole(size_t size) { return {Kind::kWhole, size, ""}; }
  static constexpr Frame Bad(const char* why) { return {Kind::kBad, 0, why}; }
  static constexpr Frame Excess(const char* why) { return {Kind::kExcess, 0, why}; }
};

/// How far a cutter has scanned a unit that is still partial. It makes input that arrives byte by byte linear: nothing
/// is scanned twice. The dialogue keeps one per side, and resets it after every act, because an act can change the
/// cutter.
struct Scan {
  size_t line = 0;    ///< offset of the unit's last line; all lines before it are complete
  size_t looked = 0;  ///< no line end lies between `line` and this offset
};

/// The unit is consumed. Continue with more input or the next event.
struct Read {};

/// The unit stays in the input, and is shown again after the other side has made progress.
struct Wait {
  bool upgrade = false;  ///< a client's STARTTLS that will be granted: neither it nor what follows it will ever cross
};

/// Start the TLS handshake with `side`, then call Notify(kTlsUp) or Notify(kTlsFailed). On the client leg, all input
/// that is not consumed yet belongs to the handshake.
struct Upgrade {
  Side side = Side::kClient;
  bool keep = false;  ///< the unit is not consumed
};

/// Connect to the upstream, then call Notify(kUpstreamUp). An earlier connection to it is dropped.
struct Dial {
  /// Try only the addresses after the one that was dialled last. If none is left, call Abandon with kClosed and kNone.
  /// If none of them can be reached, call Abandon with kConnectFailed and kServer.
  bool next = false;
  bool keep = false;  ///< the unit is not consumed
};

/// The dialogue is over. Forward all input that is not consumed, both ways, then relay.
struct Relay {
  bool keep = false;  ///< the unit is not consumed
};

/// The session is over. Send what is in Out, then close both legs.
struct Fail {
  Failure failure;
  bool told = false;  ///< Out already holds the goodbye, or none is needed

  static Fail Told(End end, Blame blame, const char* why) { return {{end, blame, why}, true}; }
};

/// The server leg cannot be upgraded to TLS.
struct NoTls {
  End end = End::kStarttlsNotOffered;  ///< or kStarttlsRefused
  bool possible = false;               ///< the connection can continue in plaintext if the mode allows it

  /// The failure to report where TLS is required.
  Fail AsFail() const;
};

/// A dialect's decision about one unit or event: what the session does next.
using Act = std::variant<Read, Wait, Upgrade, Dial, Relay, Fail>;

template <typename T, typename Variant>
constexpr bool Is(const Variant& act) {
  return std::holds_alternative<T>(act);
}

/// The same act, but the unit is not consumed. Read becomes Wait; Fail is unchanged.
Act Keeping(Act act);
/// Whether the act leaves its unit in the input.
bool Keeps(const Act& act);

}  // namespace starlock::protocol
