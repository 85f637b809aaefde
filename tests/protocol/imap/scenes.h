#pragma once

#include <string>
#include <string_view>

#include "transcript.h"

namespace starlock::test {

constexpr TlsMode kOff = TlsMode::kOff;
constexpr TlsMode kOpp = TlsMode::kOpportunistic;
constexpr TlsMode kReq = TlsMode::kRequired;
constexpr TlsMode kImp = TlsMode::kImplicit;

inline constexpr std::string_view kImapBye = "c: * BYE [UNAVAILABLE] Service not available: no secure connection\n";

/// The beginnings of transcripts.
inline constexpr std::string_view kRequiredGreeted =
    "S: * OK old\nc: * OK [CAPABILITY IMAP4rev1 ID STARTTLS LOGINDISABLED] old\n";
inline constexpr std::string_view kImapGreeted = "S: * OK old\nc: * OK old\n";
inline constexpr std::string_view kImapAsked = "S: * OK old\ns: starlock1 CAPABILITY\n";
inline constexpr std::string_view kImapOffered =
    "S: * OK old\ns: starlock1 CAPABILITY\nS: * CAPABILITY IMAP4rev1 STARTTLS\nS: starlock1 OK\ns: starlock2 "
    "STARTTLS\n";

/// What follows `beginning` in a transcript.
inline std::string ImapAfter(std::string_view beginning, std::string_view rest) {
  return std::string(beginning) + std::string(rest);
}

}  // namespace starlock::test
