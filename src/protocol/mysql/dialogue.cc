#include "protocol/mysql/dialogue.h"

#include "protocol/core/goodbye.h"
#include "protocol/core/negotiator.h"
#include "protocol/mysql/packets.h"

namespace starlock::protocol::mysql {
namespace {

// A plugin name that no server knows. The client's proof was computed with the first connection's salt, so it is not
// valid on the new one. Because of this name, the server ignores the proof, and asks the client to switch to the user's
// plugin with a new salt.
constexpr std::string_view kNoPlugin = "starlock_dialled_again";

constexpr const char* kPasswordNote =
    "this login sends the password itself, which fails with TLS on one leg only: use TLS on both legs or on neither, "
    "or another authentication plugin for this user (caching_sha2_password: or log in directly once, to fill its "
    "cache)";

constexpr ByGoodbye<Error> kErrors = {
    .syntax = {1043, "08S01", "Bad handshake"},
    .timeout = {1159, "08S01", "Got timeout reading communication packets"},
    .drained = {1053, "08S01", "Server shutdown in progress"},
    .limit = {1040, "08004", "Too many connections"},
    .tls_required = {3159, "HY000", "Connections using insecure transport are prohibited: connect with TLS"},
    .no_tls = {1105, "HY000", "Service not available: no secure connection"},
    .unavailable = {1105, "HY000", "Service not available"},
};

Act Refuse(const char* why) { return Fail{{End::kProtocolError, Blame::kClient, why}}; }

}  // namespace

Blame MysqlDialogue::waiting_for() const {
  const bool for_client = progress_.Is<AwaitsResponse>() || progress_.Is<RepeatsResponse>();
  return for_client ? Blame::kClient : Dialogue::waiting_for();
}

Frame MysqlDialogue::Cut(Side side, std::string_view in, Scan& /*scan*/) {
  return side == Side::kClient && AwaitsAnyGreeting() ? Frame::Idle() : CutPacket(in);
}

Act MysqlDialogue::On(Side side, std::string_view packet, Out& out) {
  const bool from_client = side == Side::kClient;
  Act act;
  if (AwaitsAnyGreeting()) {
    act = OnGreeting(packet, out);
  } else if (progress_.Is<Login>()) {
    act = from_client ? OnClientInLogin(packet, out) : OnServerInLogin(packet, out);
  } else {
    act = from_client ? OnResponse(packet, out) : OnInterruption(packet, out);
  }
  return CheckedBy(progress_.legal(), std::move(act));
}

Act MysqlDialogue::On(Event event, Side side, Out& out) {
  switch (event) {
    case Event::kStart:
      return Dial{};
    case Event::kUpstreamUp:
      return Read{};
    case Event::kTlsUp:
      if (side == Side::kServer) progress_.Become(AwaitsResponse{});
      return CheckedBy(progress_.legal(), Read{});
    case Event::kTlsFailed:
      break;
  }
  Act act = OnServerTlsFailed(out);
  if (Is<Dial>(act)) progress_.Become(AwaitsNextGreeting{});
  return CheckedBy(progress_.legal(), std::move(act));
}

std::string MysqlDialogue::Goodbye(const Failure& failure) const {
  return ErrorPacket(next_id_, kErrors[GoodbyeFor(failure)], client_is_41_);
}

Act MysqlDialogue::OnGreeting(std::string_view packet, Out& out) {
  if (IsError(packet)) return OnRefusal(packet, out);
  const auto greeting = ParseGreeting(packet);
  if (!greeting) return Fail{{End::kProtocolError, Blame::kServer, "not a greeting of MySQL 4.1 or newer"}};
  if (Upgrades(env().server) && (greeting->capabilities & kSsl) == 0) {
    if (auto fail = GoOnWithoutTls({End::kStarttlsNotOffered, true}, out)) return *std::move(fail);
    GiveUpServerTls();
  }
  if (!Upgrades(env().server)) ReachMeetingPoint(Side::kServer);
  if (progress_.Is<AwaitsNextGreeting>()) {  // the client has answered the first greeting
    progress_.Become(RepeatsResponse{});
    return Read{};
  }
  progress_.Become(AwaitsResponse{});
  next_id_ = 1;
  out.client() += WithSsl(packet, greeting->flags_at, Upgrades(env().client));
  return Read{};
}

// An ERR packet instead of the greeting: too many connections, or a blocked host.
Act MysqlDialogue::OnRefusal(std::string_view packet, Out& out) {
  constexpr const char* kWhy = "the server refused service";
  const bool may_be_forged = env().server == TlsMode::kRequired;
  if (may_be_forged || progress_.Is<AwaitsNextGreeting>()) return Fail{{End::kClosed, Blame::kServer, kWhy}};
  out.client() += packet;
  return Fail::Told(End::kClosed, Blame::kServer, kWhy);
}

// The server sent a packet before the client's response: only ERR is legal, and only where no upgrade is pending.
Act MysqlDialogue::OnInterruption(std::string_view packet, Out& out) {
  const bool settled = Upgraded(Side::kServer) || !Upgrades(env().server);
  if (!settled || !IsError(packet)) {
    return Fail{{End::kProtocolError, Blame::kServer, "the server sent a packet before its turn"}};
  }
  out.client() += Renumbered(packet, next_id_ - SequenceOf(packet));
  return Fail::Told(End::kClosed, Blame::kServer, "the server ended the session");
}

Act MysqlDialogue::OnResponse(std::string_view packet, Out& out) {
  const uint32_t capabilities = CapabilitiesOf(packet);
  const size_t size = PayloadOf(packet).size();
  const uint8_t id = SequenceOf(packet);
  next_id_ = static_cast<uint8_t>(id + 1);
  client_is_41_ = (capabilities & kProtocol41) != 0;
  const bool asks_for_tls = (capabilities & kSsl) != 0;
  const bool on_offer = Upgrades(env().client) && !Upgraded(Side::kClient);

  if (id != (Upgraded(Side::kClient) ? 2 : 1)) return Refuse("a packet has the wrong sequence id");
  if (on_offer && asks_for_tls) {
    if (size != kSslRequestSize || !client_is_41_) return Refuse("a packet sets CLIENT_SSL and is not an SSLRequest");
    return Upgrade{Side::kClient};
  }
  if (on_offer && env().client == TlsMode::kRequired) {
    return Fail{{End::kTlsRequired, Blame::kClient, "the client never upgraded to TLS"}};
  }
  if (!client_is_41_ && size >= kOldResponseSize) return OnOldResponse(asks_for_tls);
  if (!client_is_41_ || size <= kSslRequestSize) return Refuse("not a HandshakeResponse");  // nor a second SSLRequest
  if (Upgrades(env().server) && !Upgraded(Side::kServer)) {
    out.server() += SslRequestFor(packet);
    progress_.Become(ServerHandshake{});
    return Upgrade{.side = Side::kServer, .keep = true};
  }
  return BeginLogin(packet, out);
}

// The protocol before MySQL 4.1 has no field that we could edit: the response is passed on unchanged, or refused.
Act MysqlDialogue::OnOldResponse(bool asks_for_tls) const {
  if (asks_for_tls || Upgraded(Side::kClient) || Upgrades(env().server))
    return Refuse("the client is older than MySQL 4.1");
  return Relay{.keep = true};
}

Act MysqlDialogue::BeginLogin(std::string_view packet, Out& out) {
  std::string response = WithSsl(packet, kHeaderSize, Upgraded(Side::kServer));
  if (progress_.Is<RepeatsResponse>()) {
    const auto switching = WithPlugin(response, kNoPlugin);
    if (!switching) {
      return Fail{{End::kHandshakeFailed, Blame::kServer,
                   "the TLS handshake failed, and the login cannot be retried without a plugin name"}};
    }
    response = *switching;
  }
  progress_.Become(Login{(Upgraded(Side::kServer) ? 2 : 1) - SequenceOf(packet)});
  out.server() += Renumbered(response, shift());
  ReachMeetingPoint(Side::kClient);
  ReachMeetingPoint(Side::kServer);
  if (shift() == 0 && !OneLegHasTls()) return Relay{};
  return Read{};
}

Act MysqlDialogue::OnClientInLogin(std::string_view packet, Out& out) {
  const uint8_t id = SequenceOf(packet);
  if (id == 0 && next_id_ != 0) return Wait{};  // a pipelined command: left for the relay
  next_id_ = static_cast<uint8_t>(id + 1);
  out.server() += Renumbered(packet, shift());
  return Read{};
}

Act MysqlDialogue::OnServerInLogin(std::string_view packet, Out& out) {
  const std::string renumbered = Renumbered(packet, -shift());
  next_id_ = static_cast<uint8_t>(SequenceOf(renumbered) + 1);
  out.client() += renumbered;
  if (IsOk(packet) || IsError(packet)) return Relay{};
  if (OneLegHasTls() && AsksForThePassword(packet)) out.Note(kPasswordNote);
  return Read{};
}

bool MysqlDialogue::Upgraded(Side side) const {
  return tls_up(side) && Upgrades(side == Side::kClient ? env().client : env().server);
}

int MysqlDialogue::shift() const {
  const auto* login = progress_.If<Login>();
  return login != nullptr ? login->shift : 0;
}

}  // namespace starlock::protocol::mysql
