#pragma once

#include <string>

namespace starlock::tls {

/// What a handshake agreed on, for records and for people.
struct TlsInfo {
  std::string version;  ///< `TLSv1.3`
  std::string cipher;   ///< the RFC's name: `TLS_AES_128_GCM_SHA256`
  std::string group;    ///< `X25519MLKEM768`; empty where a TLS 1.2 handshake used or resumed none
  std::string sni;      ///< server role: the name the client asked for; empty where none
  std::string alpn;     ///< empty where none was agreed on
  bool resumed = false;
};

}  // namespace starlock::tls
