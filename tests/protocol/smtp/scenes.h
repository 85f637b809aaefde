#pragma once

#include <string>
#include <string_view>

#include "transcript.h"

namespace starlock::test {

constexpr TlsMode kOff = TlsMode::kOff;
constexpr TlsMode kOpp = TlsMode::kOpportunistic;
constexpr TlsMode kReq = TlsMode::kRequired;
constexpr TlsMode kImp = TlsMode::kImplicit;

/// A transcript in which HELLO stands for EHLO or LHLO, as `protocol` says it.
inline std::string InWordsOf(std::string_view protocol, std::string_view transcript) {
  const std::string_view word = protocol == "lmtp" ? "LHLO" : "EHLO";
  std::string text(transcript);
  for (size_t at = text.find("HELLO"); at != std::string::npos; at = text.find("HELLO", at)) text.replace(at, 5, word);
  return text;
}

/// Plays it as SMTP and as LMTP.
inline void PlayBoth(TlsMode client, TlsMode server, std::string_view transcript) {
  for (const std::string_view protocol : {"smtp", "lmtp"}) {
    Play({protocol, client, server}, InWordsOf(protocol, transcript));
  }
}

}  // namespace starlock::test
