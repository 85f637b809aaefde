#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/tls_mode.h"

/// A dialogue carries one session from its first byte to the meeting point, the place on each leg where the next byte
/// belongs to the application, and, where a protocol must be read for longer, filters what passes until it need not
/// be read any more. It is pure: bytes and events go in, bytes and an act come out; sockets, TLS, clocks and logs are
/// the session's.
///
/// How the protocols fit:
/// - Most (smtp, lmtp, imap, pop3, nntp, irc, ldap, postgres, acap, managesieve, tcp) are a Paired dialogue
///   (protocol/paired.h): a negotiator a leg, and a filter that sees both.
/// - PostgreSQL: the client leg comes first. SSLRequest is a unit of 8 bytes, the upstream's answer a cut of one byte;
///   StartupMessage is kept (Verdict::keep), so that the relay passes it on as it came; CancelRequest is for every
///   address of the upstream (Prologue::for_each).
/// - LDAP: client first as well. A cutter for one BER element; StartTLS is answered in the client leg's negotiator,
///   any other first operation is kept, and the filter lets a Search of the root DSE cross before the upgrade.
/// - XMPP: a Dialogue of its own. Cut asks expat where the stanza ends; the client's stream header says kDial, its
///   `to` opens the upstream's stream, and kDial once more redials after the client's upgrade.
/// - MySQL: a Dialogue of its own. The greeting is edited on its way down; HandshakeResponse is kept until the
///   client's TLS stands; then each packet is renumbered until OK or ERR says kRelay. SSLRequest has no go-ahead:
///   kTlsClient simply writes nothing first.
/// - FTP: a Dialogue of its own (protocol/ftp) that never says kRelay. It asks for a data connection beside the session
///   by value in Out (DataRequest), and a DataEvent answers.
namespace starlock::protocol {

enum class Side : uint8_t { kClient = 0, kServer = 1 };

constexpr Side Other(Side side) { return side == Side::kClient ? Side::kServer : Side::kClient; }
constexpr size_t Index(Side side) { return static_cast<size_t>(side); }

/// No unit of a negotiation may be longer: a line, a reply of many lines, a packet.
inline constexpr size_t kMaxUnit = 16 * 1024;

/// A step that has said so much says nothing more, lest short questions with long answers fill our memory on behalf of
/// a peer that does not read them.
inline constexpr size_t kEnoughSaid = 64 * 1024;

/// How a session is to end, and on whose account. `why` is static text for the log.
struct Failure {
  End end = End::kInternal;
  Blame blame = Blame::kNone;
  const char* why = "";
};

/// All of the world that a dialogue may know.
struct Env {
  std::string host;                 ///< our own name, for greetings towards the upstream
  TlsMode client = TlsMode::kOff;   ///< the leg towards the client
  TlsMode server = TlsMode::kOff;   ///< the leg towards the server
  std::string nonce = {};           ///< of this session alone, and nobody's to guess: letters and digits
  std::string client_address = {};  ///< where the client is: an address without port or brackets
};

/// Where the next unit of an input ends.
struct Frame {
  enum class Kind : uint8_t {
    kIdle,     ///< nobody listens to this side now; leave what is there
    kPartial,  ///< the unit is not whole yet
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

/// What the session must do next.
enum class Act : uint8_t {
  kRead,  ///< nothing: wait for bytes or an event
  kDial,  ///< dial the upstream (anew: drop the old connection), then Notify(kUpstreamUp)
  /// The same with the addresses behind the one that was dialled last; where there is none left, or none of them can be
  /// had, Abandon as ever: kClosed and kNone, kConnectFailed and kServer.
  kDialNext,
  kTlsClient,  ///< begin TLS towards the client with all input left unused, then Notify(kTlsUp, kClient)
  kTlsServer,  ///< begin TLS towards the server, then Notify(kTlsUp or kTlsFailed, kServer)
  kRelay,      ///< the dialogue is over: pass on what is left unused, both ways, and relay
  kFail,       ///< the session is over: send Out, then close both legs; `failure` says why
};

/// What happened outside a dialogue.
enum class Event : uint8_t {
  kStart,       ///< the client is here
  kUpstreamUp,  ///< the upstream is connected
  kTlsUp,       ///< the handshake that a side began is done
  /// The server leg's handshake failed. Not: its certificate was refused, or plaintext came where TLS had to begin;
  /// those are reasons to Abandon, never to fall back.
  kTlsFailed,
};

/// What a dialogue asks of the data connection that its session has beside the control connection: a leg to the
/// upstream, which we dial, a leg to the client, and bytes from the one to the other. There is one that counts; another
/// one, whose transfer is over for the dialogue, may still be delivering what it has.
struct DataRequest {
  enum class Kind : uint8_t {
    /// Makes a new one, and drops the one before where its transfer has not begun. The upstream is dialled at once, at
    /// the address of the control connection's and `server_port`. With `client_port` 0 the client is listened for, at
    /// the control connection's local address. Answered by kReady or kFailed.
    kOpen,
    /// The transfer may begin: the client is dialled where `client_port` was given, at the address of its control
    /// connection; then TLS, on each leg that `tls` says, and then bytes. Answered by kBroken, or not at all.
    kBegin,
    kClose,  ///< The transfer won't be: drops it.
  };
  Kind kind = Kind::kClose;
  uint16_t server_port = 0;
  uint16_t client_port = 0;
  bool tls[2] = {false, false};

  static DataRequest Open(uint16_t server_port, uint16_t client_port) {
    return {Kind::kOpen, server_port, client_port, {false, false}};
  }
  static DataRequest Begin(bool client_tls, bool server_tls) { return {Kind::kBegin, 0, 0, {client_tls, server_tls}}; }
  static DataRequest Close() { return {}; }
};

/// What became of a DataRequest.
struct DataEvent {
  enum class Kind : uint8_t {
    kReady,   ///< the upstream is connected; the client is awaited at `host` and `port`, where it is awaited
    kFailed,  ///< it can't be had
    kBroken,  ///< it has begun, and what one side sent has not all reached the other
  };
  Kind kind = Kind::kFailed;
  std::string_view host;  ///< what to tell the client: an address without brackets
  uint16_t port = 0;
};

/// What goes out with a step, before its act is carried out.
struct Out {
  std::string to[2];              ///< bytes for each Side
  const char* note = nullptr;     ///< a warning for the log: static text
  std::vector<DataRequest> data;  ///< in order

  std::string& client() { return to[Index(Side::kClient)]; }
  std::string& server() { return to[Index(Side::kServer)]; }
  void Append(const Out& more);
};

/// A dialect's answer to one unit or event.
struct Verdict {
  Act act = Act::kRead;
  bool keep = false;  ///< the unit was not used: leave it to the relay or, with kRead, until the other side has moved
  bool said = false;  ///< with kFail: what had to be said to the client is in Out already
  Failure failure;

  static Verdict Read() { return {}; }
  static Verdict Wait() { return {Act::kRead, true, false, {}}; }
  static Verdict Do(Act act, bool keep = false) { return {act, keep, false, {}}; }
  static Verdict Fail(End end, Blame blame, const char* why) { return {Act::kFail, false, false, {end, blame, why}}; }
  static Verdict Close(End end, Blame blame, const char* why) { return {Act::kFail, false, true, {end, blame, why}}; }
};

/// What Advance and Notify tell the session: how much input was used of each side, and what to do.
struct Step {
  Act act = Act::kRead;
  size_t used[2] = {0, 0};
  /// Advance: what is left there, or at its front a whole unit, may be listened to when the other side has moved.
  bool kept[2] = {false, false};
  bool said = false;  ///< kFail: the client has been told, or need not be: its connection ends in order
  Failure failure;
};

/// One session, both sides. Holds the invariants that no dialect may forget:
/// - **Client leg (command injection).** kTlsClient ends the step at once. What the client sent behind that unit is
///   given to TLS alone: it is never cut, answered or passed on.
/// - **Server leg (response injection).** Until that leg has reached its meeting point, its input must be empty each
///   time that we have spoken to it, empty after the go-ahead, and, once we have spoken, empty at the meeting point;
///   for neither a server that answers in turn nor TLS ever speaks first. If it is not, the session fails, and nothing
///   of that unit or of what lies behind it reaches the client.
/// - **Handshakes.** While one is under way on either leg, neither is listened to.
/// - A unit that grows beyond kMaxUnit, or that is none of the protocol's, fails the session.
class Dialogue {
 public:
  virtual ~Dialogue() = default;
  Dialogue(const Dialogue&) = delete;
  Dialogue& operator=(const Dialogue&) = delete;

  /// Looks at all input that is unused so far, or as much of it as makes us say kEnoughSaid bytes. Input that a step
  /// did not use must be shown again: at once where the step says kRead and used anything, else when there is more.
  Step Advance(std::string_view client, std::string_view server, Out& out);
  /// Tells what happened. Call Advance afterwards where the step says kRead.
  Step Notify(Event event, Side side, Out& out);
  /// The same of a data connection that was asked for.
  Step NotifyData(const DataEvent& event, Out& out);
  /// The session (or, where the step says kDialNext, this connection to the server) can't go on, for a reason from
  /// outside: says the protocol's own goodbye where that is possible (not
  /// in mid-handshake, before the TLS of an implicit leg, or once the relay has begun). The failure in the step is the
  /// one to record, which may be more telling than the one given.
  Step Abandon(Failure failure, Out& out);

  /// Both legs have reached their meeting points: what still passes here is being filtered.
  bool negotiated() const { return at_meeting_point_[0] && at_meeting_point_[1]; }
  /// Whom the session waits for: the one to blame when a deadline passes. A dialect whose server leg waits for the
  /// client in the midst of its negotiation knows better than its legs' states tell.
  virtual Blame waiting_for() const;
  /// A question has been passed on whose answer takes its time, and is worth waiting for even when we are to end.
  virtual bool InTransfer() const { return false; }

 protected:
  explicit Dialogue(Env env);

  /// The next unit of `side`'s input. Input already refused or used is not shown.
  virtual Frame Cut(Side side, std::string_view in) = 0;
  virtual Verdict On(Side side, std::string_view unit, Out& out) = 0;
  /// kStart: the client's leg is ready to be spoken on (inside TLS where it is implicit). kUpstreamUp likewise.
  /// kTlsUp: an upgrade is done.
  virtual Verdict On(Event event, Side side, Out& out) = 0;
  /// For a dialogue that asks for data connections.
  virtual Verdict OnData(const DataEvent& event, Out& out);
  /// The protocol's own words for `failure`, to the client. Nothing: the connection is reset.
  virtual std::string Goodbye(const Failure& failure) const = 0;
  /// What to do about a failure, from inside or outside: end the session (kFail), or dial the next address (kDialNext).
  virtual Verdict Judge(const Failure& failure) { return Verdict::Fail(failure.end, failure.blame, failure.why); }
  /// May name a better reason for `failure`.
  virtual Failure Explain(Failure failure) const { return failure; }

  const Env& env() const { return env_; }
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

  bool TakeUnit(Side side, Input (&inputs)[2], Out& out, Step& step);
  Verdict Judge(Side side, Input (&inputs)[2], size_t size, Out& out);
  Step Finish(Verdict verdict, Out& out);
  bool ServerLegNegotiates() const { return !at_meeting_point_[Index(Side::kServer)] && !tls_up(Side::kServer); }
  bool Listening(Side side) const;
  bool CanSpeakToClient() const;
  TlsMode mode(Side side) const { return side == Side::kClient ? env_.client : env_.server; }

  Env env_;
  Tls tls_[2] = {Tls::kNone, Tls::kNone};
  bool dialled_ = false;  ///< the upstream has been asked for
  bool asked_ = false;    ///< we have spoken on the server leg
  bool server_chats_ = false;
  bool connected_[2] = {false, false};
  bool at_meeting_point_[2] = {false, false};
  bool over_ = false;
};

}  // namespace starlock::protocol
