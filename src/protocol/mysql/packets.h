#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/core/dialogue.h"

/// The packets of the MySQL and MariaDB connection phase, as far as TLS needs them: three bytes of length, little
/// endian, one byte of sequence id, and the payload. See "Connection Phase Packets" in either server's documentation.
namespace starlock::protocol::mysql {

inline constexpr size_t kHeaderSize = 4;

/// An SSLRequest's payload: the fixed beginning of a HandshakeResponse41 and nothing else.
inline constexpr size_t kSslRequestSize = 32;

/// The fixed beginning of a HandshakeResponse320, which clients older than MySQL 4.1 send.
inline constexpr size_t kOldResponseSize = 5;

/// Capability flags, of which both sides' are in the greeting and in its answer.
enum Capability : uint32_t {
  kConnectWithDb = 1U << 3U,
  kProtocol41 = 1U << 9U,
  kSsl = 1U << 11U,
  kSecureConnection = 1U << 15U,
  kPluginAuth = 1U << 19U,
  kPluginAuthLenenc = 1U << 21U,
};

/// Codes and SQL states of our own ERR packets.
struct Error {
  uint16_t code;
  std::string_view state;  ///< five characters
  std::string_view text;
};

/// One packet. kBad as soon as its length shows that it is longer than any of a login.
Frame CutPacket(std::string_view in);

/// The functions below take a whole packet, as CutPacket cuts it.
uint8_t SequenceOf(std::string_view packet);
std::string_view PayloadOf(std::string_view packet);
bool IsOk(std::string_view packet);
bool IsError(std::string_view packet);

/// The same packet with its sequence id moved by so many, modulo 256.
std::string Renumbered(std::string_view packet, int by);

/// What a server says first (HandshakeV10). The views are into the packet.
struct Greeting {
  std::string_view version;
  uint32_t capabilities = 0;
  size_t flags_at = 0;      ///< where in the packet the lower half of the capabilities is
  std::string_view plugin;  ///< the authentication that it begins with; empty: it names none
};

/// nullopt: not the greeting of a server that speaks the protocol of MySQL 4.1.
std::optional<Greeting> ParseGreeting(std::string_view packet);

/// The capabilities with which a client answers; 0 where there are none. Of a client older than MySQL 4.1 only the
/// lower half, in which kProtocol41 is not set.
uint32_t CapabilitiesOf(std::string_view response);

/// The same packet with CLIENT_SSL set or cleared in the capabilities that begin at `flags_at`. Nothing else differs;
/// MariaDB's own capabilities stand elsewhere.
std::string WithSsl(std::string_view packet, size_t flags_at, bool ssl);

/// The SSLRequest that belongs before a HandshakeResponse41: its beginning, with CLIENT_SSL set, as packet 1. Servers
/// take a session's capabilities from it, and never look at them again in what follows inside TLS.
std::string SslRequestFor(std::string_view response);

/// An SSLRequest, as packet 1.
std::string SslRequest(uint32_t capabilities);

/// The same HandshakeResponse41, but for the authentication plugin that it names; nullopt where it names none.
std::optional<std::string> WithPlugin(std::string_view response, std::string_view plugin);

/// Whether an AuthMoreData or AuthSwitchRequest leads to a password that is protected by TLS, or else by the server's
/// RSA key: caching_sha2_password's full authentication, and sha256_password.
bool AsksForThePassword(std::string_view packet);

/// An ERR packet. `with_state`: the client is known to speak the protocol of MySQL 4.1, which has SQL states.
std::string ErrorPacket(uint8_t sequence, const Error& error, bool with_state);

/// The text of an ERR packet, without its code and its SQL state, and the code.
std::string_view ErrorText(std::string_view packet);
uint16_t ErrorCode(std::string_view packet);

/// The names of capability flags that are set, in the order of their bits.
std::vector<std::string> NamesOf(uint32_t capabilities);

}  // namespace starlock::protocol::mysql
