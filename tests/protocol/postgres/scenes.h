#pragma once

#include <string>
#include <string_view>

#include "protocol/postgres/words.h"
#include "transcript.h"

/// The packets of PostgreSQL's beginnings, in the transcripts' way of writing bytes.
namespace starlock::test {

inline constexpr TlsMode kOff = TlsMode::kOff;
inline constexpr TlsMode kOpp = TlsMode::kOpportunistic;
inline constexpr TlsMode kReq = TlsMode::kRequired;
inline constexpr TlsMode kImp = TlsMode::kImplicit;

inline const std::string kSsl = R"(\0\0\0\x08\x04\xd2\x16\x2f)";
inline const std::string kGss = R"(\0\0\0\x08\x04\xd2\x16\x30)";
inline const std::string kCancel = R"(\0\0\0\x10\x04\xd2\x16\x2e\0\0\x11\x22keyy)";
inline const std::string kStartup = R"(\0\0\0\x10\0\x03\0\0user\0x\0\0)";
inline const std::string kAuthenticationOk = R"(R\0\0\0\x08\0\0\0\0)";

/// `bytes`, so that Unescape makes them of it again.
inline std::string Escape(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += {'\\', 'x', kDigits[byte >> 4U], kDigits[byte & 15U]};
  }
  return text;
}

inline std::string Fatal(std::string_view sqlstate, std::string_view text) {
  return Escape(protocol::postgres::FatalError(sqlstate, text));
}

inline std::string Insecure() { return Fatal("08006", "service not available: no secure connection"); }
inline std::string Unavailable() { return Fatal("08006", "service not available"); }

/// Plays a transcript in which {SSL}, {GSS}, {CANCEL}, {STARTUP}, {OK}, {INSECURE} and {UNAVAILABLE} stand for
/// packets.
inline void PlayPostgres(TlsMode client, TlsMode server, std::string text) {
  const std::pair<std::string, std::string> names[] = {{"{SSL}", kSsl},
                                                       {"{GSS}", kGss},
                                                       {"{CANCEL}", kCancel},
                                                       {"{STARTUP}", kStartup},
                                                       {"{OK}", kAuthenticationOk},
                                                       {"{INSECURE}", Insecure()},
                                                       {"{UNAVAILABLE}", Unavailable()}};
  for (const auto& [name, bytes] : names) {
    for (size_t at = 0; (at = text.find(name, at)) != std::string::npos; at += bytes.size()) {
      text.replace(at, name.size(), bytes);
    }
  }
  Play({"postgres", client, server}, text);
}

}  // namespace starlock::test
