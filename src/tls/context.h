#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace starlock::tls {

class Identity;
class TicketKeys;
class TrustStore;

/// What both roles agree on. Versions are "1.2" or "1.3"; groups are the names of the configuration, best first.
struct CommonSettings {
  std::string min_version = "1.2";
  std::string max_version = "1.3";
  std::vector<std::string> groups = {"X25519MLKEM768", "X25519", "P-256"};
  std::vector<std::string> alpn;  ///< server: accepted, and a client that offers none of them gets
                                  ///< no_application_protocol (a client that offers no ALPN at all is let in unless
                                  ///< `alpn_required`); client: offered, and a server that agrees to none of them
                                  ///< is left where `alpn_required`. Empty: ALPN is not spoken.
  bool alpn_required = false;
};

struct ServerSettings : CommonSettings {
  std::vector<std::shared_ptr<const Identity>> identities;  ///< the first is the default; at least one
  std::shared_ptr<TicketKeys> tickets;                      ///< shared by all workers; nullptr: no tickets
};

/// How much of the upstream's certificate is checked.
enum class Verify : uint8_t { kFull, kChain, kNone };

struct ClientSettings : CommonSettings {
  Verify verify = Verify::kFull;
  std::string server_name;  ///< a DNS name (sent as SNI) or an IP literal (matched as iPAddress, no SNI)
  std::string ca_file;      ///< PEM; empty: the system's
  std::shared_ptr<const TrustStore> trust;  ///< `ca_file` as loaded by the caller, to be shared by the contexts of all
                                            ///< workers (it is large); nullptr: each context loads its own
  std::vector<std::string> pins;  ///< `sha256/BASE64` of a SubjectPublicKeyInfo: one of them must be in the verified
                                  ///< chain (kNone: in the chain that the server sends); empty: none
  bool enforce = true;            ///< false: a server that verification refuses is talked to all the same, and only
                                  ///< TlsStream::peer() tells. For a probe, which has nothing to lose
};

/// The server role's settings, made ready. One a worker: nothing of it is shared between threads but the
/// identities and the ticket keys.
class ServerContext {
 public:
  static Result<std::unique_ptr<ServerContext>> Create(const ServerSettings& settings);
  ~ServerContext();

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  explicit ServerContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The client role's settings, made ready, with the sessions that the upstream gave us for resumption. One a worker.
class ClientContext {
 public:
  static Result<std::unique_ptr<ClientContext>> Create(const ClientSettings& settings);
  ~ClientContext();

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  explicit ClientContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace starlock::tls
