#pragma once

#include <string>

namespace starlock::tls {

/// The parameters of a completed handshake, for session records and reports.
struct TlsInfo {
  std::string version;  ///< `TLSv1.3`
  std::string cipher;   ///< the IANA name: `TLS_AES_128_GCM_SHA256`
  std::string group;    ///< `X25519MLKEM768`; empty if none was used (TLS 1.2 resumption)
  std::string sni;      ///< server role: the name that the client requested; empty: none
  std::string alpn;     ///< empty: none
  bool resumed = false;
};

}  // namespace starlock::tls
