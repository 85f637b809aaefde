#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

#include "protocol/core/outcome.h"

/// What a dialogue says and is asked: sides, frames, acts, failures. An act is a value with what belongs to it.
namespace starlock::protocol {

enum class Side : uint8_t { kClient = 0, kServer = 1 };

constexpr Side Other(Side side) { return side == Side::kClient ? Side::kServer : Side::kClient; }
constexpr size_t Index(Side side) { return static_cast<size_t>(side); }
constexpr Blame BlameOf(Side side) { return side == Side::kClient ? Blame::kClient : Blame::kServer; }

/// The longest unit of a negotiation (a line, a multi-line reply, a packet), in bytes.
inline constexpr size_t kMaxUnit = 16 * 1024;

/// How a session is to end, and on whose account.
struct Failure {
  End end = End::kInternal;
  Blame blame = Blame::kNone;
  const char* why = "";     ///< static text for the log
  std::string detail = {};  ///< more about it, for the log only: a system's or a peer's own words

  /// `why`, followed by `detail` where there is any.
  std::string Reason() const { return detail.empty() ? std::string(why) : std::string(why) + ": " + detail; }
};

/// Where the next unit of an input ends.
struct Frame {
  enum class Kind : uint8_t {
    kIdle,     ///< this side is not listened to now; leave its input alone
    kPartial,  ///< the unit is not complete yet
    kWhole,    ///< the first `size` bytes are a unit
    kBad,      ///< no unit of this protocol begins so; `why` says it
  };
  Kind kind = Kind::kPartial;
  size_t size = 0;
  const char* why = "";

  static constexpr Frame Idle() { return {Kind::kIdle, 0, ""}; }
  static constexpr Frame Partial() { return {Kind::kPartial, 0, ""}; }
  static constexpr Frame Whole(size_t size) { return {Kind::kWhole, size, ""}; }
  static constexpr Frame Bad(const char* why) { return {Kind::kBad, 0, why}; }
};

/// How far a cutter has looked at a unit that is still partial, so that input which comes byte by byte is not scanned
/// from its start each time. The dialogue keeps one a side, and resets it whenever a unit is used or anything else
/// could have changed which cutter is asked.
struct Scan {
  size_t line = 0;    ///< where the unit's last line begins; all lines before it are complete
  size_t looked = 0;  ///< bytes that are known to hold no line end beyond `line`
};

/// Input is used; wait for more, or for an event.
struct Read {};

/// The unit is left where it is, and shown again once the other side has moved.
struct Wait {};

/// Begin TLS towards `side`. Towards the client: with all input left unused. Then Notify(kTlsUp or kTlsFailed).
struct Upgrade {
  Side side = Side::kClient;
  bool keep = false;  ///< the unit is left unused
};

/// Dial the upstream, anew where it was dialled before: the old connection is dropped. Then Notify(kUpstreamUp).
struct Dial {
  /// With the addresses behind the one that was dialled last. Where none is left, or none can be reached: Abandon with
  /// kClosed and kNone, or kConnectFailed and kServer.
  bool next = false;
  bool keep = false;  ///< the unit is left unused
};

/// The dialogue is over: pass on what is left unused, both ways, and relay.
struct Relay {
  bool keep = false;  ///< the unit is left unused
};

/// The session is over: send Out, then close both legs.
struct Fail {
  Failure failure;
  bool told = false;  ///< the client has its last words (they are in Out already), or needs none

  static Fail Told(End end, Blame blame, const char* why) { return {{end, blame, why}, true}; }
};

/// The server leg cannot have the upgrade to TLS.
struct NoTls {
  End end = End::kStarttlsNotOffered;  ///< or kStarttlsRefused
  bool possible = false;               ///< the connection is still good for plaintext, where that is allowed

  /// The failure that this is where TLS is required.
  Fail AsFail() const;
};

/// A dialect's answer to one unit or event, and what the session must do next.
using Act = std::variant<Read, Wait, Upgrade, Dial, Relay, Fail>;

template <typename T, typename Variant>
constexpr bool Is(const Variant& act) {
  return std::holds_alternative<T>(act);
}

/// The same act, with the unit left unused.
Act Keeping(Act act);
/// Whether the act leaves its unit unused.
bool Keeps(const Act& act);

}  // namespace starlock::protocol
