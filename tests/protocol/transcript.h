#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/tls_mode.h"
#include "support/dialogue_driver.h"

namespace starlock::test {

inline constexpr std::string_view kClientAddress = "198.51.100.9";

/// A dialect between two legs.
struct Scene {
  std::string_view protocol;
  TlsMode client;
  TlsMode server;
  std::string_view client_address = kClientAddress;
};

inline constexpr TlsMode kModes[] = {TlsMode::kOff, TlsMode::kOpportunistic, TlsMode::kRequired, TlsMode::kImplicit};
inline constexpr std::string_view kHost = "proxy.example.org";
inline constexpr std::string_view kNonce = "n0nce";

std::string ToString(const Scene& scene);

/// A driver of the scene's dialogue, not opened yet. It calls itself kHost, and its nonce is kNonce.
DialogueDriver Stage(const Scene& scene);

/// Plays a transcript after Open, and fails the test where something else happens than it says: once as it stands, then
/// at every one-cut and two-cut split of each thing that a peer says, then byte by byte. One thing a line:
///
///     S: text    the server says this line, CRLF and all; what follows one another of one side comes in one segment
///     C: text    the client does
///     --         what follows comes in another segment
///     s: text    the server is sent this line
///     c: text    the client is
///     T: text    TLS is given this line, unread
///     ! ACT      the session must now: dial, dial-next, tls-client, tls-server, relay, fail END BLAME
///     @ up       what was asked for is done; `@ failed`: the handshake failed; `@ END BLAME`: the session is abandoned
///     data: WHAT the session is asked for that of its data connection (DialogueDriver::data)
///     @ data HOST PORT  it is ready there; `@ data failed`, `@ data broken`
///     note: text a warning begins so
///     blame: WHO is waited for now
///
/// `S+`, `C+`, `s+`, `c+`, `T+` instead of the colon: no CRLF, and \r \n \0 \t \v \xHH stand for bytes. A line of two
/// slashes is a comment. What is not mentioned must not happen.
void Play(const Scene& scene, std::string_view transcript);

/// Plays only as it stands, and returns the driver for a closer look.
DialogueDriver PlayOnce(const Scene& scene, std::string_view transcript);

/// All ways to cut `bytes` in one, two and three pieces, and into single bytes.
std::vector<std::vector<std::string_view>> AllCuts(std::string_view bytes);

/// \r \n \0 \t \v \xHH and \\ as the bytes they stand for.
std::string Unescape(std::string_view text);

}  // namespace starlock::test
