#pragma once

#include <cstdint>
#include <string>

#include "protocol/core/machine.h"
#include "protocol/ftp/words.h"

/// Every state of an FTP session and every legal transition. Each struct is a state with its own fields. Each Machine
/// is a table: one row for each state, which lists the states that may follow it.
namespace starlock::protocol::ftp {

// ---- Control connection to the upstream, up to its meeting point

struct AwaitsGreeting {};
struct AwaitsAuth {};  ///< AUTH TLS was sent
struct ServerHandshake {};
struct AwaitsPbsz {};
struct AwaitsProt {};
struct InSession {};  ///< at the meeting point

using ServerControl = Machine<                                 //
    Moves<AwaitsGreeting, AwaitsAuth, AwaitsPbsz, InSession>,  // opportunistic or required; implicit; no TLS
    Moves<AwaitsAuth, ServerHandshake, InSession>,             // 234; refused, opportunistic
    Moves<ServerHandshake, AwaitsPbsz>,        // TLS is up (after a failure, a redial makes a new machine)
    Moves<AwaitsPbsz, AwaitsProt, InSession>,  // accepted; refused
    Moves<AwaitsProt, InSession>,              //
    Moves<InSession>>;

// ---- Protection of data connections on the upstream's leg

struct ServerDataClear {};    ///< not protected: the leg has no TLS
struct ServerDataRefused {};  ///< not protected: the upstream refused PROT P inside TLS
struct ServerDataDue {};      ///< the upstream accepts PROT only after the login (RFC 4217 12 shows both orders)
/// The login succeeded, and PBSZ was sent. `welcome` is the last line of the login's reply; the client gets it once
/// data connections are protected.
struct LatePbsz {
  std::string welcome;
};
/// PROT was sent after that.
struct LateProt {
  std::string welcome;
};
struct ServerDataPrivate {};  ///< the upstream accepted PROT P

using ServerData = Machine<                                                       //
    Moves<ServerDataClear, ServerDataRefused, ServerDataDue, ServerDataPrivate>,  // the reply to PBSZ or PROT
    Moves<ServerDataDue, LatePbsz>,                                               // the login succeeded
    Moves<LatePbsz, LateProt, ServerDataRefused>,                                 //
    Moves<LateProt, ServerDataPrivate, ServerDataRefused>,                        //
    Moves<ServerDataRefused>,                                                     //
    Moves<ServerDataPrivate>>;

// ---- Control connection to the client

struct NotGreeted {};  ///< the upstream's leg is not at its meeting point; the client is not read
struct BeforeTls {};   ///< greeted; TLS is required and not up
struct InPlaintext {};
struct ClientHandshake {};  ///< 234 was sent
struct InsideTls {};

using ClientControl = Machine<                             //
    Moves<NotGreeted, BeforeTls, InPlaintext, InsideTls>,  // required; off or opportunistic; implicit
    Moves<BeforeTls, ClientHandshake>,                     // AUTH TLS
    Moves<InPlaintext, ClientHandshake>,                   // AUTH TLS, opportunistic
    Moves<ClientHandshake, InsideTls>,                     // TLS is up (a failed handshake ends the session)
    Moves<InsideTls>>;

// ---- Protection of data connections on the client's leg (RFC 4217 9)

struct NoPbsz {};  ///< data is clear; PROT is refused before PBSZ
struct ClientDataClear {};
struct ClientDataPrivate {};

using ClientData = Machine<                                      //
    Moves<NoPbsz, ClientDataClear, ClientDataPrivate>,           // PBSZ; an implicit leg
    Moves<ClientDataClear, ClientDataClear, ClientDataPrivate>,  // PROT
    Moves<ClientDataPrivate, ClientDataClear, ClientDataPrivate>>;

// ---- Data connection

/// The client's end of a data connection, as the client asked for it.
struct ClientEnd {
  Verb asked_by = Verb::kPasv;  ///< kPasv, kEpsv, kPort or kEprt
  uint16_t port = 0;            ///< where the client listens; 0: the client connects to us
  bool tls = false;             ///< data connections of the client's leg use TLS now
};

struct NoData {};
/// EPSV or PASV was sent to the upstream.
struct AsksForPort {
  ClientEnd client;
};
/// The session was asked to open the connection (DataRequest::kOpen).
struct Opens {
  ClientEnd client;
};
struct Ready {};   ///< connected, and waits for a transfer
struct Begun {};   ///< in use by a transfer
struct Broken {};  ///< lost, or bytes were lost: its transfer has failed, whatever the upstream replies

using DataState = Machine<                     //
    Moves<NoData, AsksForPort>,                // PASV, EPSV, PORT, EPRT
    Moves<AsksForPort, Opens, NoData>,         // the upstream named its port; it did not
    Moves<Opens, Ready, NoData>,               // connected; failed, or the client cannot reach it
    Moves<Ready, Begun, Broken, AsksForPort>,  // a transfer; lost before one; another PASV
    Moves<Begun, Broken, NoData>,              // bytes were lost; the transfer ended
    Moves<Broken, NoData, AsksForPort>>;

}  // namespace starlock::protocol::ftp
