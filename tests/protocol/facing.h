#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "transcript.h"

namespace starlock::test {

/// A client or a server at the end of a Chain: what it says is a function of what it was sent, however that was cut.
class Peer {
 public:
  virtual ~Peer() = default;
  /// What it says first, unasked: once it is connected, inside TLS where that is implicit.
  virtual std::string Begin() { return {}; }
  /// Its answers to `bytes`.
  virtual std::string Take(std::string_view bytes) = 0;
  /// The TLS that it asked for or agreed to stands: what it says then, unasked.
  virtual std::string TlsUp() { return {}; }
};

/// The modes of two proxies in a row: client ─▶ sidecar ─▶ front ─▶ server.
struct Pairing {
  std::string_view protocol;
  TlsMode client;    ///< of the sidecar, towards the client
  TlsMode sidecar;   ///< of the sidecar, towards the front
  TlsMode front;     ///< of the front, towards the sidecar
  TlsMode upstream;  ///< of the front, towards the server
  bool upgrades;     ///< the client upgrades where that is offered
};

std::string ToString(const Pairing& pairing);
/// Whether a leg in this mode begins in plaintext and then asks for TLS.
bool Upgrading(TlsMode mode);
/// Every pairing in which no one waits for a handshake for ever, and the client gets as far as its modes let it.
std::vector<Pairing> AllPairings(std::string_view protocol);
/// The pieces in which bytes are carried: every size that has shown a fault somewhere.
inline constexpr size_t kPieces[] = {1, 2, 3, 5, 8, 13, 21, 34, 1000};

/// Our two roles face each other: the client, two proxies, the server, and the wires between them, which carry at most
/// `piece` bytes a turn.
class Chain {
 public:
  using MakePeer = std::function<std::unique_ptr<Peer>()>;

  /// `server` makes a new server for each connection that the front dials.
  Chain(const Pairing& pairing, size_t piece, Peer& client, MakePeer server);

  /// Until nothing moves any more. Fails the test where that never happens.
  void Run();

  const DialogueDriver& sidecar() const { return sidecar_; }
  const DialogueDriver& front() const { return *front_; }
  /// The server of the last connection; nullptr: none was made.
  Peer* server() const { return server_.get(); }
  /// All that the client heard, and all that the (last) server was sent.
  const std::string& heard() const { return heard_; }
  const std::string& served() const { return served_; }

  /// Both relay, or their filters stand for the whole session, and each leg is as its modes say.
  void ExpectMet() const;

 private:
  /// Bytes on their way.
  struct Wire {
    size_t sent = 0;  ///< how much of what a driver has said is on the wire or past it
    std::string bytes;
  };

  bool Turn();
  bool FinishSidecar();
  bool FinishFront();
  bool Handshake();
  bool Carry(const DialogueDriver& from, Side to, Wire& wire, const std::function<void(std::string_view)>& receive);
  bool CarryFrom(std::string& bytes, const std::function<void(std::string_view)>& receive) const;

  const Pairing pairing_;
  const size_t piece_;
  Peer& client_;
  MakePeer make_server_;
  DialogueDriver sidecar_;
  std::unique_ptr<DialogueDriver> front_;
  std::unique_ptr<Peer> server_;
  Wire to_front_, to_sidecar_, to_server_, to_client_;
  std::string from_client_, from_server_;
  std::string heard_, served_;
  bool client_began_ = false;
};

}  // namespace starlock::test
