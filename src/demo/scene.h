#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "demo/recording.h"
#include "demo/stage.h"
#include "tls/peer_info.h"
#include "tls/tls_info.h"

namespace starlock::demo {

/// Which side of the proxy has TLS.
enum class Use : uint8_t {
  kFront,    ///< the client upgrades to TLS; the server has none
  kSidecar,  ///< the client has no TLS; the server requires it
};

/// The TLS parameters of one leg as the proxy logged them. Plaintext: `version` is empty.
struct LoggedTls {
  std::string version;
  std::string cipher;
  std::string group;
};

/// The proxy's session record.
struct LoggedSession {
  LoggedTls client_tls;
  LoggedTls server_tls;
  std::string end;
  std::string blame;
};

/// What was observed during one session. Each comment names the observer.
struct Evidence {
  Use use = Use::kFront;
  std::string sent;                   ///< the message, from the side that had it
  std::vector<std::string> received;  ///< the messages that the other side received
  std::optional<tls::TlsInfo> tls;    ///< the proxy's peer on the leg with TLS
  tls::PeerInfo certificate;          ///< kFront: the client, about the proxy's certificate
  bool proxy_verifies = false;        ///< kSidecar: the proxy's configuration requires full verification
  Recording client_leg, server_leg;   ///< the eavesdroppers
  LoggedSession logged;               ///< the proxy's log

  const Recording& tls_leg() const { return use == Use::kFront ? client_leg : server_leg; }
  const Recording& plain_leg() const { return use == Use::kFront ? server_leg : client_leg; }
};

/// Runs one session through a real proxy in this process: client, eavesdropper, proxy, eavesdropper, server. Blocks
/// for at most 10 seconds. An error where the session did not run to its end.
Result<Evidence> PlayScene(const Stage& stage, Use use);

}  // namespace starlock::demo
