#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/demo_part.h"
#include "cli/demo_recording.h"
#include "log/log.h"
#include "net/descriptor.h"
#include "tls/peer_info.h"
#include "tls/tls_info.h"

namespace starlock::cli {

/// What the proxy is there for.
enum class Use : uint8_t {
  kFront,    ///< the client upgrades to TLS, the server knows none
  kSidecar,  ///< the client knows no TLS, the server insists on it
};

/// What both scenes are played with: a throw-away authority, and a certificate that it has issued, as files for the
/// proxy to read. They lie in memory: no disk ever sees the key, and nothing is left behind, however this ends.
class Stage {
 public:
  static Result<Stage> Set(const DemoProtocol& protocol);

  const DemoProtocol* protocol = nullptr;
  std::string ca, chain, key;  ///< paths, for this process, for as long as this object lives

  /// Whom the certificate is for.
  static constexpr const char* kName = "mail.example.org";

 private:
  Stage() = default;
  Error Write(std::string& path, const std::string& text);

  std::vector<net::Descriptor> files_;
};

/// What a leg's TLS came to. An empty version is plaintext.
struct TlsDescription {
  std::string version;
  std::string cipher;
  std::string group;
};

/// What the proxy's record of the session says.
struct SessionNote {
  TlsDescription client_tls;
  TlsDescription server_tls;
  std::string end;
  std::string blame;
};

/// What has been found out about one session, each fact from whoever it belongs to.
struct Evidence {
  Use use = Use::kFront;
  std::string sent;                   ///< the message, by whoever has it first
  std::vector<std::string> received;  ///< by the other
  std::optional<tls::TlsInfo> tls;    ///< by the proxy's peer on the leg that has it
  tls::PeerInfo certificate;          ///< kFront: what the client made of the proxy's
  bool proxy_verifies = false;        ///< kSidecar: the proxy was told to refuse a server without the right certificate
  Recording client_leg, server_leg;   ///< by the eavesdroppers
  SessionNote note;                   ///< by the proxy

  const Recording& tls_leg() const { return use == Use::kFront ? client_leg : server_leg; }
  const Recording& plain_leg() const { return use == Use::kFront ? server_leg : client_leg; }
};

/// Plays a scene: a server, the proxy, a client, and an eavesdropper on either side of the proxy.
Result<Evidence> Play(const Stage& stage, Use use);

}  // namespace starlock::cli
