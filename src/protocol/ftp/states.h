#pragma once

#include <cstdint>
#include <string>

#include "protocol/core/machine.h"
#include "protocol/ftp/words.h"

/// Every state of an FTP session and every legal transition. Each struct is a state, with the fields that mean
/// something in it; each machine is the table of what may follow what.
namespace starlock::protocol::ftp {

// ---- The control connection to the upstream, up to its meeting point.

struct AwaitsGreeting {};
struct AwaitsAuth {};  ///< AUTH TLS was said
struct ServerHandshake {};
struct AwaitsPbsz {};
struct AwaitsProt {};
struct InSession {};  ///< the meeting point

using ServerControl = Machine<                                 //
    Moves<AwaitsGreeting, AwaitsAuth, AwaitsPbsz, InSession>,  // opportunistic or required, implicit, plaintext
    Moves<AwaitsAuth, ServerHandshake, InSession>,             // 234; refused, which opportunistic allows
    Moves<ServerHandshake, AwaitsPbsz>,                        // TLS is up. Where it fails, a redial begins anew
    Moves<AwaitsPbsz, AwaitsProt, InSession>,                  // taken; refused
    Moves<AwaitsProt, InSession>,                              //
    Moves<InSession>>;

// ---- What the upstream protects of data connections.

struct ServerDataClear {};    ///< nothing: its leg has no TLS
struct ServerDataRefused {};  ///< nothing: it refuses PROT P inside TLS
struct ServerDataDue {};      ///< it takes no PROT before the login (RFC 4217 12 shows both orders)
/// The login is done, and the end of its reply is held back until data connections are protected.
struct LatePbsz {
  std::string welcome;
};
struct LateProt {
  std::string welcome;
};
struct ServerDataPrivate {};  ///< it has taken PROT P

using ServerData = Machine<                                                       //
    Moves<ServerDataClear, ServerDataRefused, ServerDataDue, ServerDataPrivate>,  // its answer to PBSZ or PROT
    Moves<ServerDataDue, LatePbsz>,                                               // the login
    Moves<LatePbsz, LateProt, ServerDataRefused>,                                 //
    Moves<LateProt, ServerDataPrivate, ServerDataRefused>,                        //
    Moves<ServerDataRefused>,                                                     //
    Moves<ServerDataPrivate>>;

// ---- The control connection to the client.

struct NotGreeted {};  ///< the upstream's leg is not at its meeting point, and the client is not read
struct BeforeTls {};   ///< greeted; TLS is required and not there
struct InPlaintext {};
struct ClientHandshake {};  ///< 234 was said
struct InsideTls {};

using ClientControl = Machine<                             //
    Moves<NotGreeted, BeforeTls, InPlaintext, InsideTls>,  // required; off or opportunistic; implicit
    Moves<BeforeTls, ClientHandshake>,                     // AUTH TLS
    Moves<InPlaintext, ClientHandshake>,                   // AUTH TLS, where it is opportunistic
    Moves<ClientHandshake, InsideTls>,                     // a handshake that fails ends the session
    Moves<InsideTls>>;

// ---- What the client has asked to be protected of data connections (RFC 4217 9).

struct NoPbsz {};  ///< PBSZ must come before PROT; data is in the clear
struct ClientDataClear {};
struct ClientDataPrivate {};

using ClientData = Machine<                                      //
    Moves<NoPbsz, ClientDataClear, ClientDataPrivate>,           // PBSZ; an implicit leg, where nobody waits for PROT
    Moves<ClientDataClear, ClientDataClear, ClientDataPrivate>,  // PROT
    Moves<ClientDataPrivate, ClientDataClear, ClientDataPrivate>>;

// ---- The data connection.

/// The client's end of it, as the client asked for it.
struct ClientEnd {
  Verb asked_by = Verb::kPasv;  ///< kPasv, kEpsv, kPort or kEprt
  uint16_t port = 0;            ///< where the client listens; 0: it connects to us
};

struct NoData {};
/// The upstream has been asked for its port.
struct AsksForPort {
  ClientEnd client;
};
/// The session has been asked for the connection.
struct Opens {
  ClientEnd client;
};
struct Ready {};   ///< it waits for a transfer
struct Begun {};   ///< a transfer uses it
struct Broken {};  ///< it was lost, or has lost bytes: the transfer that uses it has failed, whatever the upstream says

using DataState = Machine<                     //
    Moves<NoData, AsksForPort>,                // PASV, EPSV, PORT, EPRT
    Moves<AsksForPort, Opens, NoData>,         // the upstream's port; it has none
    Moves<Opens, Ready, NoData>,               // connected; failed, or of no use to the client
    Moves<Ready, Begun, Broken, AsksForPort>,  // a transfer; lost before it; another PASV
    Moves<Begun, Broken, NoData>,              // lost bytes; the transfer is over
    Moves<Broken, NoData, AsksForPort>>;

}  // namespace starlock::protocol::ftp
