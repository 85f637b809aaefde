#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/core/dialogue.h"

/// The packets of the MySQL and MariaDB connection phase that matter for TLS. A packet is three bytes of length (little
/// endian), one byte of sequence id, and the payload. See "Connection Phase Packets" in either server's documentation.
namespace starlock::protocol::mysql {

inline constexpr size_t kHeaderSize = 4;

/// The payload of an SSLRequest: exactly the fixed part at the start of a HandshakeResponse41.
inline constexpr size_t kSslRequestSize = 32;

/// The fixed part at the start of a HandshakeResponse320, which clients older than MySQL 4.1 send.
inline constexpr size_t kOldResponseSize = 5;

/// Capability flags, in the greeting and in the client's response.
enum Capability : uint32_t {
  kConnectWithDb = 1U << 3U,
  kProtocol41 = 1U << 9U,
  kSsl = 1U << 11U,
  kSecureConnection = 1U << 15U,
  kPluginAuth = 1U << 19U,
  kPluginAuthLenenc = 1U << 21U,
};

/// The content of an ERR packet that we send.
struct Error {
  uint16_t code;
  std::string_view state;  ///< five characters
  std::string_view text;
};

/// One packet. kBad as soon as its length exceeds kMaxUnit.
Frame CutPacket(std::string_view in);

/// The functions below take a whole packet, as CutPacket cuts it.
uint8_t SequenceOf(std::string_view packet);
std::string_view PayloadOf(std::string_view packet);
bool IsOk(std::string_view packet);
bool IsError(std::string_view packet);

/// The same packet with `by` added to its sequence id, modulo 256.
std::string Renumbered(std::string_view packet, int by);

/// The server's first packet (HandshakeV10). The views point into it.
struct Greeting {
  std::string_view version;
  uint32_t capabilities = 0;
  size_t flags_at = 0;      ///< offset in the packet of the capabilities' lower half
  std::string_view plugin;  ///< the default authentication plugin; empty: none is named
};

/// nullopt: not the greeting of a server with the protocol of MySQL 4.1.
std::optional<Greeting> ParseGreeting(std::string_view packet);

/// The capabilities in a client's response; 0: the packet is too short. For a client older than MySQL 4.1, the lower
/// half only, in which kProtocol41 is not set.
uint32_t CapabilitiesOf(std::string_view response);

/// The same packet with CLIENT_SSL set or cleared in the capabilities at offset `flags_at`. MariaDB's additional
/// capabilities are in another field, and do not change.
std::string WithSsl(std::string_view packet, size_t flags_at, bool ssl);

/// The SSLRequest that precedes a HandshakeResponse41: its fixed part with CLIENT_SSL set, and sequence id 1. Servers
/// take the session's capabilities from it, and ignore those in the response that follows inside TLS.
std::string SslRequestFor(std::string_view response);

/// An SSLRequest with sequence id 1.
std::string SslRequest(uint32_t capabilities);

/// The same HandshakeResponse41 with another authentication plugin; nullopt: it names none.
std::optional<std::string> WithPlugin(std::string_view response, std::string_view plugin);

/// Whether an AuthMoreData or AuthSwitchRequest asks for the password itself, which is protected by TLS, or else by the
/// server's RSA key: full authentication of caching_sha2_password, and sha256_password.
bool AsksForThePassword(std::string_view packet);

/// An ERR packet. `with_state`: the client uses the protocol of MySQL 4.1, which has SQL states.
std::string ErrorPacket(uint8_t sequence, const Error& error, bool with_state);

/// The text of an ERR packet, without its code and its SQL state, and the code.
std::string_view ErrorText(std::string_view packet);
uint16_t ErrorCode(std::string_view packet);

/// The names of the capability flags that are set, in bit order.
std::vector<std::string> NamesOf(uint32_t capabilities);

}  // namespace starlock::protocol::mysql
