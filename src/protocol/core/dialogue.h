#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/tls_mode.h"
#include "protocol/core/act.h"
#include "protocol/core/out.h"

/// A dialogue carries one session from its first byte to the meeting point: the place on each leg where the next byte
/// belongs to the application. If a protocol must be read beyond that point, the dialogue filters until nothing needs
/// to be read any more. A dialogue is pure: bytes and events go in, bytes and an act come out. The session owns
/// sockets, TLS, clocks and logs.
///
/// How the protocols use it:
/// - Most (smtp, lmtp, imap, pop3, nntp, irc, ldap, postgres, acap, managesieve, tcp) are a Paired dialogue
///   (core/paired.h): a negotiator for each leg, and a filter that sees both legs.
/// - PostgreSQL: the client leg comes first. SSLRequest is a unit of 8 bytes, the upstream's reply a unit of one byte.
///   StartupMessage is kept, so that the relay forwards it unchanged. CancelRequest goes to every address of the
///   upstream (Prologue::for_each).
/// - LDAP: the upstream is dialled on the client's first message. The client's negotiator answers StartTLS. Any other
///   first operation is kept, and the filter lets a Search of the root DSE cross before the upgrade.
/// - XMPP: its own Dialogue. Expat finds the end of each stanza. The client's stream header leads to Dial, opens the
///   upstream's stream, and a second Dial follows the client's upgrade.
/// - MySQL: its own Dialogue. It edits the server's greeting. HandshakeResponse is kept until the client's TLS is up.
///   Then each packet is renumbered until OK or ERR leads to Relay. SSLRequest has no go-ahead.
/// - FTP: its own Dialogue, which never relays. It requests data connections with DataRequest; a DataEvent answers.
namespace starlock::protocol {

/// All that a dialogue knows of its surroundings.
struct Env {
  std::string host;                 ///< our own name, for introductions and goodbyes
  TlsMode client = TlsMode::kOff;   ///< the leg towards the client
  TlsMode server = TlsMode::kOff;   ///< the leg towards the server
  std::string nonce = {};           ///< unpredictable letters and digits, new for each session
  std::string client_address = {};  ///< without port or brackets
};

/// What happened outside a dialogue.
enum class Event : uint8_t {
  kStart,       ///< the client has connected
  kUpstreamUp,  ///< the upstream is connected
  kTlsUp,       ///< the TLS handshake with a side is complete
  /// The server leg's handshake failed. If its certificate was refused, or plaintext came in place of TLS, the session
  /// calls Abandon instead: these must never lead to plaintext.
  kTlsFailed,
};

/// The result of Advance and Notify: how much input of each side was consumed, and what to do next.
struct Step {
  Act act;  ///< never Wait; the session can ignore `keep`, which is already in `used`
  size_t used[2] = {0, 0};
  /// Set by Advance: input is left that can be consumed after the other side makes progress. It is a whole unit, or
  /// input of a side that is not read yet.
  bool kept[2] = {false, false};
  bool kept_upgrade = false;  ///< the client's kept unit said Wait::upgrade
};

/// One session, both sides. It enforces the invariants for every dialect:
/// - **Client leg (command injection).** Upgrade ends the step at once. What the client sent after that unit goes to
///   the TLS handshake only: it is never parsed, answered or forwarded as plaintext.
/// - **Server leg (response injection).** Before the meeting point, the server's input must be empty whenever we send
///   something, and after the go-ahead. Once we have sent anything, it must also be empty at the meeting point, because
///   a server that replies in turn never speaks first. Otherwise the session fails, and nothing of that unit or of what
///   follows it reaches the client.
/// - **Required means required.** A server leg in mode `required` does not reach its meeting point without TLS. Nothing
///   of a client in mode `required` is relayed without TLS.
/// - **Handshakes.** While one is in progress on either leg, neither leg is read.
/// - **Limits.** A unit that is longer than kMaxUnit or not of this protocol fails the session.
class Dialogue {
 public:
  virtual ~Dialogue() = default;
  Dialogue(const Dialogue&) = delete;
  Dialogue& operator=(const Dialogue&) = delete;

  /// Processes all input that is not consumed yet, or stops early once Out holds kMaxSaid bytes. Input that a step did
  /// not consume must be passed again, from the same byte on. If the step says Read and consumed anything, call Advance
  /// again at once; otherwise when there is more input.
  Step Advance(std::string_view client, std::string_view server, Out& out);
  /// Reports an event. If the step says Read, call Advance next.
  Step Notify(Event event, Side side, Out& out);
  /// Reports the answer to a DataRequest. If the step says Read, call Advance next.
  Step NotifyData(const DataEvent& event, Out& out);
  /// Ends the session for a reason from outside. If the step says Dial::next, only this connection to the server ends.
  /// Adds the protocol's goodbye to `out`, except during a handshake, before the TLS of an implicit leg, within a unit
  /// of the server, and after Relay. The failure to record is the one in the step, which can be more precise than
  /// `failure`.
  Step Abandon(Failure failure, Out& out);

  /// Both legs have reached their meeting points; from here on the dialogue only filters.
  bool negotiated() const { return at_meeting_point_[0] && at_meeting_point_[1]; }
  /// The side to blame when a deadline passes. A dialect whose server leg waits for the client during its negotiation
  /// overrides this.
  virtual Blame waiting_for() const;
  /// Whether a data transfer is in progress. A drain waits for its final reply.
  virtual bool InTransfer() const { return false; }
  /// The filter is active, and the client is past its login or needs none. A drain lets the session go on.
  virtual bool Established() const { return false; }

 protected:
  explicit Dialogue(Env env);

  /// Finds the next unit at the start of `in`, which is not empty. `scan` says how far an earlier call scanned the same
  /// unit; the cutter updates it.
  virtual Frame Cut(Side side, std::string_view in, Scan& scan) = 0;
  /// Handles one whole unit.
  virtual Act On(Side side, std::string_view unit, Out& out) = 0;
  /// Handles an event. kStart and kUpstreamUp: the leg is usable; on an implicit leg, TLS is up. kTlsUp: an upgrade is
  /// complete.
  virtual Act On(Event event, Side side, Out& out) = 0;
  /// For a dialogue that sends DataRequests.
  virtual Act OnData(const DataEvent& event, Out& out);
  /// The goodbye for `failure` in the protocol's syntax. Empty: the client's connection is reset.
  virtual std::string Goodbye(const Failure& failure) const = 0;
  /// Reacts to a failure from inside or outside: end the session (Fail) or dial the next address (Dial).
  virtual Act OnFailure(const Failure& failure) { return Fail{failure}; }
  /// See Filter::BetweenUnits. If false, a failure has no goodbye.
  virtual bool BetweenUnits() const { return true; }
  /// A command was refused because TLS is required. If such a client then leaves or runs into a deadline or limit, the
  /// session record says `tls_required`.
  virtual bool RefusedForWantOfTls() const { return false; }

  const Env& env() const { return env_; }
  /// The reaction to a failed handshake with the server: an opportunistic leg is dialled again in plaintext, any other
  /// leg fails.
  Act OnServerTlsFailed(Out& out);
  /// The reaction to a server without the upgrade: nullopt if the leg continues in plaintext, which takes an
  /// opportunistic mode and a usable connection; otherwise the failure.
  std::optional<Fail> GoOnWithoutTls(const NoTls& no_tls, Out& out);
  /// From now on the server leg is plaintext.
  void GiveUpServerTls() { env_.server = TlsMode::kOff; }
  /// This protocol's servers also send unsolicited messages. Input after the unit that settles the leg in plaintext is
  /// then accepted. Input after a go-ahead never is.
  void LetServerChat() { server_chats_ = true; }
  void ReachMeetingPoint(Side side) { at_meeting_point_[Index(side)] = true; }
  bool tls_up(Side side) const { return tls_[Index(side)] == Tls::kUp; }

 private:
  enum class Tls : uint8_t { kNone, kPending, kUp };
  struct Input;
  class Mark;

  bool TakeUnit(Side side, Input (&inputs)[2], Out& out, Step& step);
  Act JudgeUnit(Side side, Input (&inputs)[2], size_t size, Out& out);
  Step Finish(Act act, Out& out);
  Failure Explain(Failure failure) const;
  bool ServerLegNegotiates() const { return !at_meeting_point_[Index(Side::kServer)] && !tls_up(Side::kServer); }
  bool Listening(Side side) const;
  bool CanSpeakToClient() const;
  TlsMode mode(Side side) const { return side == Side::kClient ? env_.client : env_.server; }

  Env env_;
  Scan scans_[2];
  Tls tls_[2] = {Tls::kNone, Tls::kNone};
  bool dialled_ = false;  ///< the session was told to dial the upstream
  bool asked_ = false;    ///< we have sent something on the server leg
  bool server_chats_ = false;
  bool connected_[2] = {false, false};
  bool at_meeting_point_[2] = {false, false};
  bool over_ = false;
};

}  // namespace starlock::protocol
