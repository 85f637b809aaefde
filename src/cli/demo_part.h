#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "protocol/core/dialogue.h"

/// The two programs between which the demonstration puts the proxy: as much of a protocol as one message takes. In mail
/// submission the client brings the message; everywhere else the server has it, and the client comes for it.
namespace starlock::cli {

/// What a part says to a unit, and what comes then.
struct Turn {
  enum class Next : uint8_t {
    kGoOn,
    kUpgrade,  ///< TLS is next
    kEnd,      ///< nothing more will be said
  };
  std::string say;
  Next next = Next::kGoOn;
};

/// One role of one protocol, for one connection.
class Part {
 public:
  virtual ~Part() = default;
  /// What it says first, unasked.
  virtual std::string Begin() { return {}; }
  /// Where the peer's next unit ends.
  virtual protocol::Frame Cut(std::string_view in) = 0;
  /// The error's text says why the part can't go on.
  virtual Result<Turn> On(std::string_view unit) = 0;
  /// TLS stands: what it says then, unasked.
  virtual std::string TlsUp() { return {}; }
};

struct PartSettings {
  std::string name;                            ///< its own
  bool tls = false;                            ///< a server takes nothing, and a client says nothing, without
  std::string message;                         ///< lines that end in CRLF
  std::vector<std::string>* copies = nullptr;  ///< where messages that have come are put, as they were
};

/// What the demonstration knows of a protocol.
struct DemoProtocol {
  std::string_view name;
  std::string_view port;        ///< where its servers are reached by strangers
  std::string_view local_port;  ///< an unprivileged one for a listener of one's own
  std::unique_ptr<Part> (*server)(const PartSettings& settings);
  std::unique_ptr<Part> (*client)(const PartSettings& settings);
};

/// nullptr: nothing is prepared for it.
const DemoProtocol* FindDemo(std::string_view protocol);
/// All that something is prepared for: "a, b and c".
std::string DemoNames();

std::unique_ptr<Part> SmtpDemoServer(const PartSettings& settings);
std::unique_ptr<Part> SmtpDemoClient(const PartSettings& settings);
std::unique_ptr<Part> LmtpDemoServer(const PartSettings& settings);
std::unique_ptr<Part> LmtpDemoClient(const PartSettings& settings);
std::unique_ptr<Part> ImapDemoServer(const PartSettings& settings);
std::unique_ptr<Part> ImapDemoClient(const PartSettings& settings);
std::unique_ptr<Part> Pop3DemoServer(const PartSettings& settings);
std::unique_ptr<Part> Pop3DemoClient(const PartSettings& settings);
std::unique_ptr<Part> LdapDemoServer(const PartSettings& settings);
std::unique_ptr<Part> LdapDemoClient(const PartSettings& settings);

}  // namespace starlock::cli
