#pragma once

#include <string>
#include <string_view>

#include "transcript.h"

namespace starlock::test {

constexpr TlsMode kOff = TlsMode::kOff;
constexpr TlsMode kOpp = TlsMode::kOpportunistic;
constexpr TlsMode kReq = TlsMode::kRequired;
constexpr TlsMode kImp = TlsMode::kImplicit;

/// A transcript up to the client's meeting point. The upstream's leg has TLS unless `server` is off; the client's leg
/// upgrades where TLS is required.
inline std::string Begun(TlsMode client, TlsMode server) {
  std::string text = "S: 220 old\n";
  if (server == kOpp || server == kReq) text += "s: AUTH TLS\nS: 234 go\n! tls-server\n@ up\n";
  if (server != kOff) text += "s: PBSZ 0\nS: 200 fine\ns: PROT P\nS: 200 fine\n";
  text += "c: 220 old\n";
  if (client == kReq) text += "C: AUTH TLS\nc: 234 Ready for TLS\n! tls-client\n@ up\n";
  return text;
}

inline void PlayFtp(TlsMode client, TlsMode server, std::string_view rest) {
  Play({"ftp", client, server}, Begun(client, server) + std::string(rest));
}

}  // namespace starlock::test
