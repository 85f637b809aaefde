#include "protocol/mysql/mysql.h"

#include <utility>

#include "protocol/core/paired.h"
#include "protocol/mysql/packets.h"
#include "protocol/mysql/probe.h"

// Read beside "Connection Phase" in the documentation of MySQL or MariaDB.
//
//     client                          Starlock                          server
//        │ ◀── greeting, CLIENT_SSL in or out ── ◀────────── greeting, 0 ── │
//        │ ── SSLRequest, 1 ──▶ (TLS)            │                          │
//        │ ── HandshakeResponse, 1 or 2 ──▶      │ ── SSLRequest, 1 ──▶     (TLS)
//        │                                       │ ── HandshakeResponse, 1 or 2 ──▶
//        │ ◀───────────── AuthSwitchRequest, AuthMoreData, …; OK or ERR ─── │
//
// The server's leg upgrades only when the client's HandshakeResponse is here: servers take the capabilities of the
// whole session from the SSLRequest and not from what follows it, so it has to be the beginning of that very packet.
namespace starlock::protocol::mysql {
namespace {

// With such a name in place of its own, a client's proof for another connection's salt is of no account: the server
// asks it to switch to the plugin of its user, with a salt of its own.
constexpr std::string_view kNoPlugin = "starlock_dialled_again";

constexpr const char* kPasswordNote =
    "this login asks for the password itself, which fails with TLS on one leg only: use TLS on both legs or on none, "
    "or another authentication plugin for this user (caching_sha2_password: or log in directly once, to fill its "
    "cache)";

Error ErrorFor(const Failure& failure) {
  switch (failure.end) {
    case End::kTlsRequired:
      return {3159, "HY000", "Connections using insecure transport are prohibited here: connect with TLS"};
    case End::kDrained:
      return {1053, "08S01", "Server shutdown in progress"};
    case End::kLimit:
      return {1040, "08004", "Too many connections"};
    case End::kTimeout:
    case End::kIdle:
      return {1159, "08S01", "Got timeout reading communication packets"};
    case End::kProtocolError:
      if (failure.blame == Blame::kClient) return {1043, "08S01", "Bad handshake"};
      break;
    case End::kStarttlsNotOffered:
    case End::kStarttlsRefused:
    case End::kPlaintextAfterStarttls:
    case End::kHandshakeFailed:
    case End::kVerifyFailed:
      return {1105, "HY000", "No secure connection to the server behind"};
    case End::kClosed:
    case End::kTruncated:
    case End::kReset:
    case End::kConnectFailed:
    case End::kResolveFailed:
    case End::kInternal:
      break;
  }
  return {1105, "HY000", "The server behind is not available"};
}

class Mysql final : public Dialogue {
 public:
  explicit Mysql(Env env) : Dialogue(std::move(env)) {}

  Blame waiting_for() const override {
    return stage_ == Stage::kResponse && !server_upgrading_ ? Blame::kClient : Dialogue::waiting_for();
  }

 private:
  enum class Stage : uint8_t {
    kGreeting,  ///< the server's greeting is next
    kResponse,  ///< the client has been greeted: its SSLRequest or HandshakeResponse is next
    kLogin,     ///< the response has crossed: packets are renumbered until OK or ERR
  };

  Frame Cut(Side side, std::string_view in, Scan& /*scan*/) override {
    return side == Side::kClient && stage_ == Stage::kGreeting ? Frame::Idle() : mysql::CutPacket(in);
  }

  Act On(Side side, std::string_view packet, Out& out) override {
    const bool from_client = side == Side::kClient;
    switch (stage_) {
      case Stage::kGreeting:
        return OnGreeting(packet, out);
      case Stage::kResponse:
        return from_client ? OnResponse(packet, out) : OnInterruption(packet, out);
      case Stage::kLogin:
        break;
    }
    return from_client ? OnClientInLogin(packet, out) : OnServerInLogin(packet, out);
  }

  Act On(Event event, Side side, Out& out) override {
    switch (event) {
      case Event::kStart:
        return Dial{};
      case Event::kUpstreamUp:
        return Read{};
      case Event::kTlsUp:
        if (side == Side::kClient) {
          client_upgraded_ = true;
        } else {
          server_upgrading_ = false;
          server_upgraded_ = true;
        }
        return Read{};
      case Event::kTlsFailed:
        break;
    }
    server_upgrading_ = false;
    dialled_again_ = true;
    stage_ = Stage::kGreeting;
    return OnServerTlsFailed(out);
  }

  std::string Goodbye(const Failure& failure) const override {
    return mysql::ErrorPacket(next_id_, ErrorFor(failure), client_is_41_);
  }

  // The server role, and the beginning of the client role.

  Act OnGreeting(std::string_view packet, Out& out) {
    if (mysql::IsError(packet)) return OnRefusal(packet, out);
    const auto greeting = mysql::ParseGreeting(packet);
    if (!greeting) return Fail{{End::kProtocolError, Blame::kServer, "not a greeting of MySQL 4.1 or newer"}};
    if (Upgrades(env().server) && (greeting->capabilities & mysql::kSsl) == 0) {
      if (auto fail = GoOnWithoutTls({End::kStarttlsNotOffered, true}, out)) return *std::move(fail);
      GiveUpServerTls();
    }
    if (!Upgrades(env().server)) ReachMeetingPoint(Side::kServer);
    stage_ = Stage::kResponse;
    if (dialled_again_) return Read{};  // the client has answered the first greeting already
    next_id_ = 1;
    out.client() += mysql::WithSsl(packet, greeting->flags_at, Upgrades(env().client));
    return Read{};
  }

  // An ERR packet instead of the greeting: too many connections, a host that is blocked.
  Act OnRefusal(std::string_view packet, Out& out) {
    constexpr const char* kWhy = "the server refused service";
    const bool may_be_forged = env().server == TlsMode::kRequired;
    if (may_be_forged || dialled_again_) return Fail{{End::kClosed, Blame::kServer, kWhy}};
    out.client() += packet;
    return Fail::Told(End::kClosed, Blame::kServer, kWhy);
  }

  // A server that ends before the client has answered its greeting. Where TLS is yet to come, nobody may speak.
  Act OnInterruption(std::string_view packet, Out& out) {
    const bool settled = server_upgraded_ || !Upgrades(env().server);
    if (!settled || !mysql::IsError(packet)) {
      return Fail{{End::kProtocolError, Blame::kServer, "the server spoke out of turn"}};
    }
    out.client() += mysql::Renumbered(packet, next_id_ - mysql::SequenceOf(packet));
    return Fail::Told(End::kClosed, Blame::kServer, "the server ended the session");
  }

  Act OnResponse(std::string_view packet, Out& out) {
    const uint32_t capabilities = mysql::CapabilitiesOf(packet);
    const size_t size = mysql::PayloadOf(packet).size();
    const uint8_t id = mysql::SequenceOf(packet);
    next_id_ = static_cast<uint8_t>(id + 1);
    client_is_41_ = (capabilities & mysql::kProtocol41) != 0;
    const bool asks_for_tls = (capabilities & mysql::kSsl) != 0;
    const bool on_offer = Upgrades(env().client) && !client_upgraded_;

    if (id != (client_upgraded_ ? 2 : 1)) return Refuse("a packet out of order");
    if (on_offer && asks_for_tls) {
      if (size != mysql::kSslRequestSize || !client_is_41_) return Refuse("not an SSLRequest, but asks for TLS");
      return Upgrade{Side::kClient};
    }
    if (on_offer && env().client == TlsMode::kRequired) {
      return Fail{{End::kTlsRequired, Blame::kClient, "the client never upgraded to TLS"}};
    }
    if (!client_is_41_ && size >= mysql::kOldResponseSize) return OnOldResponse(asks_for_tls);
    if (!client_is_41_ || size <= mysql::kSslRequestSize)
      return Refuse("not a HandshakeResponse");  // nor a second SSLRequest
    if (Upgrades(env().server) && !server_upgraded_) {
      out.server() += mysql::SslRequestFor(packet);
      server_upgrading_ = true;
      return Upgrade{.side = Side::kServer, .keep = true};
    }
    return BeginLogin(packet, out);
  }

  // Without the protocol of MySQL 4.1 there is nothing that we could edit: it passes as it is, or not at all.
  Act OnOldResponse(bool asks_for_tls) {
    if (asks_for_tls || client_upgraded_ || Upgrades(env().server)) return Refuse("a client older than MySQL 4.1");
    return Relay{.keep = true};
  }

  static Act Refuse(const char* why) { return Fail{{End::kProtocolError, Blame::kClient, why}}; }

  Act BeginLogin(std::string_view packet, Out& out) {
    std::string response = mysql::WithSsl(packet, mysql::kHeaderSize, server_upgraded_);
    if (dialled_again_) {
      const auto switching = mysql::WithPlugin(response, kNoPlugin);
      if (!switching) {
        return Fail{{End::kHandshakeFailed, Blame::kServer, "TLS failed, and the client can't log in anew"}};
      }
      response = *switching;
    }
    shift_ = (server_upgraded_ ? 2 : 1) - mysql::SequenceOf(packet);
    out.server() += mysql::Renumbered(response, shift_);
    ReachMeetingPoint(Side::kClient);
    ReachMeetingPoint(Side::kServer);
    one_sided_ = tls_up(Side::kClient) != tls_up(Side::kServer);
    if (shift_ == 0 && !one_sided_) return Relay{};
    stage_ = Stage::kLogin;
    return Read{};
  }

  // The filter: until the login ends. For the next command the ids begin at 0 again, on both legs.

  Act OnClientInLogin(std::string_view packet, Out& out) {
    const uint8_t id = mysql::SequenceOf(packet);
    if (id == 0 && next_id_ != 0) return Wait{};  // a command, sent ahead: the relay's
    next_id_ = static_cast<uint8_t>(id + 1);
    out.server() += mysql::Renumbered(packet, shift_);
    return Read{};
  }

  Act OnServerInLogin(std::string_view packet, Out& out) {
    const std::string renumbered = mysql::Renumbered(packet, -shift_);
    next_id_ = static_cast<uint8_t>(mysql::SequenceOf(renumbered) + 1);
    out.client() += renumbered;
    if (mysql::IsOk(packet) || mysql::IsError(packet)) return Relay{};
    if (one_sided_ && !noted_ && mysql::AsksForThePassword(packet)) {
      noted_ = true;
      out.Note(kPasswordNote);
    }
    return Read{};
  }

  Stage stage_ = Stage::kGreeting;
  bool dialled_again_ = false;     ///< in plaintext: the client's answer is for another connection's salt
  bool client_is_41_ = false;      ///< the client is known to speak the protocol of MySQL 4.1
  bool client_upgraded_ = false;   ///< by SSLRequest: its ids are one ahead
  bool server_upgrading_ = false;  ///< our SSLRequest is said, and its handshake under way
  bool server_upgraded_ = false;   ///< likewise
  bool one_sided_ = false;         ///< one leg is inside TLS and the other is not
  bool noted_ = false;
  uint8_t next_id_ = 0;  ///< of the next packet to the client
  int shift_ = 0;        ///< what the server's ids are ahead of the client's
};

}  // namespace

static std::unique_ptr<Dialogue> MakeMysql(Env env) { return std::make_unique<Mysql>(std::move(env)); }

const Dialect kMysql = {
    .name = "mysql",
    .default_port = 3306,
    .make_dialogue = MakeMysql,
    .make_prober = ProbeMysql,
};

}  // namespace starlock::protocol::mysql
