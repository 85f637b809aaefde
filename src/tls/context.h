#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/spki_pin.h"
#include "base/tls_settings.h"

namespace starlock::tls {

class Identity;
class TicketKeys;
class TrustStore;

/// The settings that both roles have.
struct CommonSettings {
  TlsSettings tls;
  /// ALPN protocols; empty: ALPN is not used. Server role: those accepted; a client that offers only others gets the
  /// alert no_application_protocol. Client role: those offered.
  std::vector<std::string> alpn;
  /// Whether the handshake fails if no protocol is agreed on: because the client offers no ALPN (server role), or the
  /// server selects nothing (client role).
  bool alpn_required = false;
};

struct ServerSettings : CommonSettings {
  std::vector<std::shared_ptr<const Identity>> identities;  ///< the first is the default; at least one
  std::shared_ptr<TicketKeys> tickets;                      ///< shared by all workers; nullptr: no tickets
  /// Connections of a SessionFamily also resume by session id (TLS 1.2), for clients without tickets such as curl.
  bool session_ids = false;
};

struct ClientSettings : CommonSettings {
  Verify verify = Verify::kFull;
  std::string server_name;  ///< a DNS name (sent as SNI) or an IP literal (matched as iPAddress, no SNI)
  std::string ca_file;      ///< PEM; empty: the system's
  std::shared_ptr<const TrustStore> trust;  ///< `ca_file`, loaded once and shared by all workers (it is large);
                                            ///< nullptr: this context loads its own
  std::vector<SpkiPin> pins;  ///< one of them must be in the verified chain (kNone: in the chain that the server
                              ///< sends); empty: not checked
  bool enforce = true;        ///< false: a failed verification does not fail the handshake; TlsStream::peer() has the
                              ///< result. For probes, which send nothing confidential
};

/// What connections in the server role share. Each worker has its own; threads share only the identities and the ticket
/// keys.
class ServerContext {
 public:
  /// kInvalid: the settings contradict each other, or BoringSSL refuses them.
  static Result<std::unique_ptr<ServerContext>> Create(const ServerSettings& settings);
  ~ServerContext();

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  explicit ServerContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// What connections in the client role to one upstream share, with its sessions for resumption. Each worker has its
/// own.
class ClientContext {
 public:
  /// kInvalid: the settings contradict each other, or `ca_file` cannot be loaded.
  static Result<std::unique_ptr<ClientContext>> Create(const ClientSettings& settings);
  ~ClientContext();

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  explicit ClientContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace starlock::tls
