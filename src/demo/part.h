#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/core/act.h"

/// Toy clients and servers: one role of one protocol each, as much of it as one message needs. The demonstration puts
/// the proxy between two of them. The bench driver uses the same ones as its load and its backends.
///
/// In SMTP and LMTP the client sends the message. In the other protocols the server has it and the client fetches it.
namespace starlock::demo {

/// A part's answer to a unit, and what happens next.
struct Turn {
  enum class Next : uint8_t {
    kContinue,
    kUpgrade,   ///< the TLS handshake starts right after `say`
    kEnd,       ///< the part sends nothing after `say`, and closes the connection
    kAwaitEnd,  ///< the part sends nothing after `say`, and the peer closes the connection first
  };
  std::string say;
  Next next = Next::kContinue;
};

/// One role of one protocol on one connection. It does no I/O: its owner passes it the peer's input unit by unit, and
/// sends what it returns.
class Part {
 public:
  virtual ~Part() = default;
  /// The connection is open. Returns what the part sends without being asked; may be empty.
  virtual std::string Begin() { return {}; }
  /// Finds the end of the peer's next unit. `in` begins with that unit.
  virtual protocol::Frame Cut(std::string_view in) = 0;
  /// Takes one whole unit. The error says what the part did not expect, in words for a person.
  virtual Result<Turn> OnUnit(std::string_view unit) = 0;
  /// The handshake is done. Returns what the part sends without being asked; may be empty.
  virtual std::string OnTlsUp() { return {}; }
};

/// What a part needs to know. Parts keep a reference to it.
struct PartSettings {
  std::string name;               ///< the part's own host name
  bool tls = false;               ///< a server refuses its service before TLS; a client upgrades before anything else
  std::string message;            ///< lines that end in CRLF
  bool asks_capabilities = true;  ///< POP3 clients: send CAPA before STLS
  /// Called with each message that the part receives, as it was before it was encoded for the wire.
  std::function<void(std::string_view message)> on_message;
};

/// A protocol that there are parts of.
struct PartProtocol {
  std::string_view name;
  std::string_view port;        ///< the standard port of its servers
  std::string_view local_port;  ///< an unprivileged port, for examples
  std::unique_ptr<Part> (*make_server)(const PartSettings& settings);
  std::unique_ptr<Part> (*make_client)(const PartSettings& settings);
};

/// nullptr: there are no parts of `protocol`.
const PartProtocol* FindPartProtocol(std::string_view protocol);
/// The names of all of them: "a, b and c".
std::string PartProtocolNames();

std::unique_ptr<Part> MakeSmtpServer(const PartSettings& settings);
std::unique_ptr<Part> MakeSmtpClient(const PartSettings& settings);
std::unique_ptr<Part> MakeLmtpServer(const PartSettings& settings);
std::unique_ptr<Part> MakeLmtpClient(const PartSettings& settings);
std::unique_ptr<Part> MakeImapServer(const PartSettings& settings);
std::unique_ptr<Part> MakeImapClient(const PartSettings& settings);
std::unique_ptr<Part> MakePop3Server(const PartSettings& settings);
std::unique_ptr<Part> MakePop3Client(const PartSettings& settings);
std::unique_ptr<Part> MakeLdapServer(const PartSettings& settings);
std::unique_ptr<Part> MakeLdapClient(const PartSettings& settings);

}  // namespace starlock::demo
