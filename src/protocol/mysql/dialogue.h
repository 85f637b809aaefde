#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/core/dialogue.h"
#include "protocol/core/machine.h"

namespace starlock::protocol::mysql {

// The states of a session. The client is not read in the two that await a greeting.

struct AwaitsGreeting {};
struct AwaitsResponse {};   ///< the client is greeted; its SSLRequest or HandshakeResponse is next
struct ServerHandshake {};  ///< SSLRequest was sent to the server; the client's HandshakeResponse is kept
/// The TLS handshake with the server failed, and the server is dialled again in plaintext.
struct AwaitsNextGreeting {};
struct RepeatsResponse {};  ///< greeted again; the kept HandshakeResponse answers the first connection's salt
/// The response was passed on: packets are renumbered until OK or ERR.
struct Login {
  int shift = 0;  ///< the server's sequence ids minus the client's
};

using Progress = Machine<                                        //
    Moves<AwaitsGreeting, AwaitsResponse>,                       //
    Moves<AwaitsResponse, ServerHandshake, Login>,               // upgrade the server's leg; or not
    Moves<ServerHandshake, AwaitsResponse, AwaitsNextGreeting>,  // TLS is up; it failed
    Moves<AwaitsNextGreeting, RepeatsResponse>,                  //
    Moves<RepeatsResponse, Login>,                               //
    Moves<Login>>;

/// A session, from the greeting to the end of the login. Read beside "Connection Phase" in the documentation of MySQL
/// or MariaDB.
///
///     client                          Starlock                          server
///        │ ◀── greeting, CLIENT_SSL in or out ── ◀────────── greeting, 0 ── │
///        │ ── SSLRequest, 1 ──▶ (TLS)            │                          │
///        │ ── HandshakeResponse, 1 or 2 ──▶      │ ── SSLRequest, 1 ──▶     (TLS)
///        │                                       │ ── HandshakeResponse, 1 or 2 ──▶
///        │ ◀───────────── AuthSwitchRequest, AuthMoreData, …; OK or ERR ─── │
///
/// The server's leg upgrades only after the client's HandshakeResponse arrived. Servers take the capabilities of the
/// whole session from the SSLRequest, so it must be the beginning of that packet.
class MysqlDialogue final : public Dialogue {
 public:
  explicit MysqlDialogue(Env env) : Dialogue(std::move(env)) {}

  Blame waiting_for() const override;

 private:
  Frame Cut(Side side, std::string_view in, Scan& scan) override;
  Act On(Side side, std::string_view packet, Out& out) override;
  Act On(Event event, Side side, Out& out) override;
  std::string Goodbye(const Failure& failure) const override;

  // The greeting and the client's response to it.
  Act OnGreeting(std::string_view packet, Out& out);
  Act OnRefusal(std::string_view packet, Out& out);
  Act OnInterruption(std::string_view packet, Out& out);
  Act OnResponse(std::string_view packet, Out& out);
  Act OnOldResponse(bool asks_for_tls) const;
  Act BeginLogin(std::string_view packet, Out& out);

  // The login. After it, the ids of the next command begin at 0 on both legs.
  Act OnClientInLogin(std::string_view packet, Out& out);
  Act OnServerInLogin(std::string_view packet, Out& out);

  bool AwaitsAnyGreeting() const { return progress_.Is<AwaitsGreeting>() || progress_.Is<AwaitsNextGreeting>(); }
  bool OneLegHasTls() const { return tls_up(Side::kClient) != tls_up(Side::kServer); }
  /// The leg upgraded to TLS by SSLRequest, so its sequence ids are one ahead.
  bool Upgraded(Side side) const;
  int shift() const;

  Progress progress_;
  bool client_is_41_ = false;  ///< the client is known to speak the protocol of MySQL 4.1
  uint8_t next_id_ = 0;        ///< the sequence id of the next packet to the client
};

}  // namespace starlock::protocol::mysql
