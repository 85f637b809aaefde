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
/// belongs to the application. Where a protocol must be read for longer, it filters what passes until it need not be
/// read any more. A dialogue is pure: bytes and events go in, bytes and an act come out. Sockets, TLS, clocks and logs
/// are the session's.
///
/// How the protocols fit:
/// - Most (smtp, lmtp, imap, pop3, nntp, irc, ldap, postgres, acap, managesieve, tcp) are a Paired dialogue
///   (core/paired.h): a negotiator for each leg, and a filter that sees both.
/// - PostgreSQL: the client leg comes first. SSLRequest is a unit of 8 bytes, the upstream's answer a unit of one byte.
///   StartupMessage is kept, so that the relay passes it on as it came. CancelRequest is for every address of the
///   upstream (Prologue::for_each).
/// - LDAP: the client leg comes first as well. The client's negotiator answers StartTLS; any other first operation is
///   kept, and the filter lets a Search of the root DSE cross before the upgrade.
/// - XMPP: a Dialogue of its own. Cut asks expat where the stanza ends. The client's stream header leads to Dial, its
///   `to` opens the upstream's stream, and a second Dial follows the client's upgrade.
/// - MySQL: a Dialogue of its own. The greeting is edited on its way down. HandshakeResponse is kept until the client's
///   TLS is up. Then each packet is renumbered until OK or ERR leads to Relay. SSLRequest has no go-ahead.
/// - FTP: a Dialogue of its own that never relays. It asks for data connections by DataRequest in Out, and a DataEvent
///   answers.
namespace starlock::protocol {

/// All of the world that a dialogue may know.
struct Env {
  std::string host;                 ///< our own name, for greetings towards the upstream
  TlsMode client = TlsMode::kOff;   ///< the leg towards the client
  TlsMode server = TlsMode::kOff;   ///< the leg towards the server
  std::string nonce = {};           ///< letters and digits that nobody can guess, new for each session
  std::string client_address = {};  ///< where the client is: an address without port or brackets
};

/// What happened outside a dialogue.
enum class Event : uint8_t {
  kStart,       ///< the client has connected
  kUpstreamUp,  ///< the upstream is connected
  kTlsUp,       ///< the handshake that a side began is done
  /// The server leg's handshake failed. Where its certificate was refused, or plaintext came where TLS had to begin,
  /// the session calls Abandon instead: those are never a reason to fall back.
  kTlsFailed,
};

/// What Advance and Notify tell the session: how much input was used of each side, and what to do.
struct Step {
  Act act;  ///< never Wait; `keep` has been seen to
  size_t used[2] = {0, 0};
  /// Advance: input is left that may be used once the other side has moved: a whole unit, or input of a side that is
  /// not listened to yet.
  bool kept[2] = {false, false};
};

/// One session, both sides. Holds the invariants that no dialect may forget:
/// - **Client leg (command injection).** Upgrade ends the step at once. What the client sent behind that unit is given
///   to TLS alone: it is never cut, answered or passed on.
/// - **Server leg (response injection).** Until that leg has reached its meeting point, its input must be empty each
///   time that we have spoken to it, empty after the go-ahead, and, once we have spoken, empty at the meeting point. A
///   server that answers in turn never speaks first, and neither does TLS. Otherwise the session fails, and nothing of
///   that unit or of what lies behind it reaches the client.
/// - **Required means required.** A server leg that must have TLS does not reach its meeting point without, and nothing
/// is
///   relayed of a client that must have TLS and has none.
/// - **Handshakes.** While one is under way on either leg, neither is listened to.
/// - A unit that grows beyond kMaxUnit, or that is none of the protocol's, fails the session.
class Dialogue {
 public:
  virtual ~Dialogue() = default;
  Dialogue(const Dialogue&) = delete;
  Dialogue& operator=(const Dialogue&) = delete;

  /// Looks at all input that is unused so far, or as much of it as makes us say kMaxSaid bytes. Input that a step did
  /// not use must be shown again, from the same byte on: at once where the step says Read and used anything, else when
  /// there is more.
  Step Advance(std::string_view client, std::string_view server, Out& out);
  /// Tells what happened. Call Advance afterwards where the step says Read.
  Step Notify(Event event, Side side, Out& out);
  /// The same for a data connection that was asked for.
  Step NotifyData(const DataEvent& event, Out& out);
  /// The session (or, where the step says Dial::next, this connection to the server) can't go on, for a reason from
  /// outside. Says the protocol's goodbye where that is possible: not in mid-handshake, before the TLS of an implicit
  /// leg, or once the relay has begun. The failure in the step is the one to record, which may be more telling than the
  /// one given.
  Step Abandon(Failure failure, Out& out);

  /// Both legs have reached their meeting points: what still passes here is being filtered.
  bool negotiated() const { return at_meeting_point_[0] && at_meeting_point_[1]; }
  /// Whom the session waits for: the one to blame when a deadline passes. A dialect whose server leg waits for the
  /// client in the middle of its negotiation overrides this.
  virtual Blame waiting_for() const;
  /// A transfer is under way whose answer is worth waiting for even during a drain.
  virtual bool InTransfer() const { return false; }

 protected:
  explicit Dialogue(Env env);

  /// The next unit of `side`'s input. `scan` is where an earlier look at the same unit ended, and where this one's end
  /// is to be noted.
  virtual Frame Cut(Side side, std::string_view in, Scan& scan) = 0;
  virtual Act On(Side side, std::string_view unit, Out& out) = 0;
  /// kStart: the client's leg is ready to be spoken on (inside TLS where it is implicit). kUpstreamUp likewise.
  /// kTlsUp: an upgrade is done.
  virtual Act On(Event event, Side side, Out& out) = 0;
  /// For a dialogue that asks for data connections.
  virtual Act OnData(const DataEvent& event, Out& out);
  /// The protocol's own words for `failure`, to the client. Empty: the connection is reset.
  virtual std::string Goodbye(const Failure& failure) const = 0;
  /// What to do about a failure, from inside or outside: end the session (Fail), or dial the next address (Dial).
  virtual Act OnFailure(const Failure& failure) { return Fail{failure}; }
  /// A client that leaves, or runs into a deadline or limit, after something was refused for want of TLS: the record
  /// says `tls_required`, which is what matters to an operator.
  virtual bool RefusedForWantOfTls() const { return false; }

  const Env& env() const { return env_; }
  /// What follows a failed handshake with the server: dial again in plaintext where the leg is opportunistic, fail
  /// where it must have TLS.
  Act OnServerTlsFailed(Out& out);
  /// What follows where the upgrade can't be had of the server: nothing (the leg goes on in plaintext) where the mode
  /// and the connection allow it; else the failure.
  std::optional<Fail> GoOnWithoutTls(const NoTls& no_tls, Out& out);
  /// The server leg is spoken to in plaintext from now on, whatever the configuration allows.
  void GiveUpServerTls() { env_.server = TlsMode::kOff; }
  /// The server may speak unasked, too: input behind the unit that ends its leg's negotiation in plaintext is no
  /// failure then. Behind a go-ahead it always is.
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
  bool dialled_ = false;  ///< the upstream has been asked for
  bool asked_ = false;    ///< we have spoken on the server leg
  bool server_chats_ = false;
  bool connected_[2] = {false, false};
  bool at_meeting_point_[2] = {false, false};
  bool over_ = false;
};

}  // namespace starlock::protocol
